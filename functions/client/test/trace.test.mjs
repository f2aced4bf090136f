// The application's own data access, watched without being changed.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLockstep, traced } from '../index.js'
import { Supabase } from './fakes.mjs'

function arrange(db) {
  const records = []
  let clock = 0
  return { records, db: traced(db, (record) => records.push(record), () => (clock += 2)) }
}

test('results, arguments and this are unchanged, and reported', async () => {
  const original = {
    rows: [1, 2],
    async list(...args) {
      return { self: this, args }
    },
    async page() {
      return { data: this.rows, error: null }
    },
    async all() {
      return this.rows
    },
    async none() {
      return { data: null, error: null }
    },
    count: (list) => list.length,
    nothing: async () => undefined,
  }
  const { db, records } = arrange(original)

  const { self, args } = await db.list(1, 'two')
  assert.equal(self, original)
  assert.deepEqual(args, [1, 'two'])
  assert.equal((await db.page()).data, original.rows)
  assert.equal(await db.all(), original.rows)
  await db.none()
  assert.equal(db.count([1, 2, 3]), 3)
  assert.equal(await db.nothing(), undefined)

  assert.deepEqual(records.map(({ functionName, rows }) => [functionName, rows]), [
    ['list', 1], ['page', 2], ['all', 2], ['none', 0], ['count', 1], ['nothing', 0],
  ])
  assert.deepEqual(records[0], { functionName: 'list', latencyMs: 2, rows: 1, error: null, rpcVersion: null })
  assert.equal(db.rows, original.rows)
  assert.deepEqual(Object.keys(db), Object.keys(original))
})

test('a rejection stays the same rejection', async () => {
  const broken = new Error('broken')
  const { db, records } = arrange({
    fail: async () => { throw broken },
    throwNow: () => { throw broken },
    refused: async () => ({ data: null, error: broken }),
  })

  await assert.rejects(db.fail(), broken)
  assert.throws(() => db.throwNow(), broken)
  assert.equal((await db.refused()).error, broken)

  assert.deepEqual(records.map(({ error, rows }) => [error, rows]), [[broken, 0], [broken, 0], [broken, 0]])
})

test('methods of a class keep their private fields, and functions taken out of a module work', async () => {
  class Rooms {
    #rooms = ['a']
    async list() {
      return this.#rooms
    }
  }
  const rooms = arrange(new Rooms())
  const module = arrange(await import('./fakes.mjs'))
  const { settled } = module.db

  assert.deepEqual(await rooms.db.list(), ['a'])
  await settled()
  assert.equal(rooms.records[0].rows, 1)
  assert.equal(module.records[0].functionName, 'settled')
  assert.ok(new module.db.Window() instanceof module.db.Window)
})

test('who watches cannot break what is watched', async () => {
  const db = traced({ list: async () => [] }, () => { throw new Error('broken') })

  assert.deepEqual(await db.list(), [])
})

test('a query that is being built stays one, and runs when it is awaited', async () => {
  const runs = []
  const builder = {
    eq() { return this },
    then(...args) { runs.push(1); return Promise.resolve({ data: null, count: 12, error: null }).then(...args) },
  }
  const { db, records } = arrange({ rooms: () => builder })

  const query = db.rooms().eq()
  assert.equal(query, builder)
  await null
  assert.deepEqual([runs, records], [[], []])
  const { count } = await query

  assert.equal(count, 12)
  assert.equal(runs.length, 1)
  assert.deepEqual(records.map(({ functionName, rows }) => [functionName, rows]), [['rooms', 12]])
})

test('frozen objects, function properties and identity stay', () => {
  const list = Object.assign(function list(_one) {}, { cached: true })
  const { db, records } = arrange(Object.freeze({ list }))

  db.list()
  assert.equal(db.list.cached, true)
  assert.equal(db.list.length, 1)
  assert.equal(db.list, db.list)
  assert.deepEqual({ ...db }.list, db.list)
  assert.ok('list' in db)
  assert.equal(records.length, 1)
})

test('a promise is the same promise, with all that it has', async () => {
  const promise = Promise.resolve([])
  const { db } = arrange({ list: () => promise })
  assert.equal(db.list(), promise)

  const lockstep = arrange(createLockstep(new Supabase()))
  assert.deepEqual((await lockstep.db.listMessages('c').throwOnError()).data, [])
  assert.equal(lockstep.records[0].functionName, 'listMessages')
})
