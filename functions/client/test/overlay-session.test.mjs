// What an application does with the session: set, renew, end and clear it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settled } from './fakes.mjs'
import { MINUTE, PERSONAL, arrange, showing } from './room.mjs'

test('a session that is over, too far ahead, or malformed is refused', async () => {
  const { store, shown, stored, later } = arrange()
  await settled()
  const set = (session) => store.setActiveSession(session)
  const good = { sessionId: 's1', version: 1, expiresAt: later(5 * MINUTE) }

  for (const bad of [
    null,
    undefined,
    {},
    { ...good, expiresAt: later(0) },
    { ...good, expiresAt: later(5.6 * MINUTE) },
    { ...good, expiresAt: undefined },
    { ...good, expiresAt: null },
    { ...good, expiresAt: 'soon' },
    { ...good, sessionId: '' },
    { ...good, version: undefined },
    { ...good, version: '1' },
  ]) {
    assert.equal(set(bad), false, JSON.stringify(bad))
    await settled()
    assert.equal(shown(), null)
    assert.equal(stored(), null)
  }

  assert.equal(set(good), true)
})

test('a session of another version than the expected or the held one is refused', async () => {
  const { store, stored, later } = arrange()
  await settled()
  const session = (version) => ({ sessionId: 's1', version, expiresAt: later(MINUTE) })

  assert.equal(store.setActiveSession(session(1), { version: 2 }), false)
  assert.equal(store.setActiveSession(session(2), { version: 2 }), true)
  assert.equal(store.setActiveSession(session(1)), false)
  assert.equal(store.setActiveSession(session(3)), false)
  assert.equal(stored().version, 2)
  assert.equal(store.setActiveSession(session(3), { version: 3 }), true)
  assert.equal(store.setActiveSession({ ...session(1), sessionId: 's2' }), true)
})

test('a store of one version takes no other, from anywhere', async () => {
  const { store, shown, open, later } = arrange({ version: 2 })
  open('s1', { version: 1 })
  await settled()

  assert.equal(shown(), null)
  assert.equal(store.setActiveSession({ sessionId: 's1', version: 1, expiresAt: later(MINUTE) }), false)
  open('s2', { version: 2 })
  await store.refresh()
  assert.equal(shown(), 's2')
})

test('what was refused is asked of the server, who may know better', async () => {
  const { store, open } = await showing({ version: undefined })
  const newer = open('s1', { version: 2 })

  assert.equal(store.setActiveSession(newer), false)
  await settled()

  assert.equal(store.getActiveSession().version, 2)
})

test('a time is taken as the server writes it', async () => {
  const { store, iso, later } = arrange()
  await settled()

  assert.equal(store.setActiveSession({ sessionId: 's1', version: 1, expiresAt: iso(later(MINUTE)) }), true)
  assert.equal(store.getActiveSession().expiresAt, later(MINUTE))
})

test('an answer that is older than what was set meanwhile does not undo it', async () => {
  const { store, server, shown, open } = arrange()
  await settled()
  let answer
  server.before = () => new Promise((resolve) => (answer = resolve))

  const asked = store.refresh()
  await settled()
  const released = answer
  server.before = undefined
  const overlays = server.overlays
  const session = open('s1')
  const opened = server.overlays
  server.overlays = overlays
  store.setActiveSession(session)
  released()
  server.overlays = overlays
  queueMicrotask(() => (server.overlays = opened))
  await asked

  assert.equal(shown(), 's1')
})

test('renewing extends the time', async () => {
  const { store, time, shown } = await showing()

  await time.pass(4 * MINUTE)
  const { error } = await store.renew()
  assert.equal(error, null)
  await time.pass(5 * MINUTE - 1)
  assert.equal(shown(), 's1')
  await time.pass(1)

  assert.equal(shown(), null)
})

test('renewing what the server has ended collapses it', async () => {
  const { store, server, shown } = await showing()
  server.overlays = []

  const { error } = await store.renew()
  await settled()

  assert.equal(error.code, 'overlay_not_found')
  assert.equal(error.retryable, false)
  assert.equal(shown(), null)
})

test('ending is for everybody, and happens when the server says so', async () => {
  const { store, server, shown, changes } = await showing()

  server.online = false
  const { error } = await store.end()
  assert.deepEqual([error.code, error.retryable], ['network_failure', true])
  assert.equal(shown(), 's1')
  server.online = true
  await store.end()

  assert.equal(shown(), null)
  assert.deepEqual(server.overlays, [])
  assert.deepEqual(changes, [[null, 'ended']])
})

test('with no session there is nothing to renew or end', async () => {
  const { store, supabase } = arrange({ start: false })

  assert.equal((await store.renew()).error.code, 'no_active_session')
  assert.equal((await store.end()).error.code, 'no_active_session')
  assert.deepEqual(supabase.rpcs, [])
})

test('a session that was cleared stays so, until it is opened or set again', async () => {
  const { store, shown, stored, changes, hear, session } = await showing()

  store.clear('dismissed')
  await store.refresh()
  assert.equal(shown(), null)
  assert.equal(stored(), null)
  assert.deepEqual(changes, [[null, 'dismissed']])
  await hear(PERSONAL, 'overlay_opened', { id: 'b1', session_id: 's1', version: 1 })
  assert.equal(shown(), 's1')
  store.clear()
  assert.equal(store.setActiveSession(session), true)
  store.clear()
  store.setActiveSession(session)
  await store.refresh()
  assert.equal(shown(), 's1')
})

test('each RPC is reported', async () => {
  const records = []
  const { store } = await showing({ onCall: (record) => records.push(record) })
  await store.renew()

  assert.deepEqual(records[0], { functionName: 'fetch_rank_session_overlays', latencyMs: 0, rows: 1, error: null, rpcVersion: null })
  assert.equal(records.at(-1).functionName, 'renew_rank_session_overlay')
})
