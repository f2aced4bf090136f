// The overlay of a session ends when the server's clock says so, whatever the browser's says.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createOverlayStore } from '../index.js'
import { settled } from './fakes.mjs'
import { KEY, MINUTE, arrange, showing } from './room.mjs'

test('a live overlay is adopted, stored and announced', async () => {
  const { store, window, stored, changes, open } = arrange()
  const events = []
  window.addEventListener('rank-active-session-change', ({ detail }) => events.push(detail))
  const session = open('s1', { version: 7 })

  await settled()

  assert.deepEqual(store.getActiveSession(), session)
  assert.deepEqual(stored(), session)
  assert.deepEqual(changes, [['s1', 'fetched']])
  assert.deepEqual(events, ['fetched'])
  assert.equal(store.getActiveSession(), store.getActiveSession())
})

test('the record of the former application is removed and never shown', async () => {
  const former = JSON.stringify({ gameId: 'g', href: '/g', status: 'active', turn: 3 })
  const { window, shown } = arrange({ storage: { 'rank.activeSession': former, [KEY]: former } })

  await settled()

  assert.equal(shown(), null)
  assert.equal(window.localStorage.items.size, 0)
})

test('an overlay ends when its time is over, by the timer', async () => {
  const { time, shown, stored, changes, session } = await showing()

  await time.pass(5 * MINUTE - 1)
  assert.equal(shown(), session.sessionId)
  await time.pass(1)

  assert.equal(shown(), null)
  assert.equal(stored(), null)
  assert.deepEqual(changes, [[null, 'expired']])
})

for (const [how, behind] of [['five minutes slow', 5 * MINUTE], ['five minutes fast', -5 * MINUTE]]) {
  test(`an overlay ends in time though the browser's clock is ${how}`, async () => {
    const { time, shown } = await showing({ behind })

    await time.pass(5 * MINUTE - 1)
    assert.equal(shown(), 's1')
    await time.pass(1)
    assert.equal(shown(), null)
  })

  test(`a session is set though the browser's clock is ${how}`, async () => {
    const { store, later } = arrange({ behind })
    await settled()

    assert.equal(store.setActiveSession({ sessionId: 's1', version: 1, expiresAt: later(5 * MINUTE) }), true)
    assert.equal(store.setActiveSession({ sessionId: 's2', version: 1, expiresAt: later(-1) }), false)
  })
}

test('the server looked at its clock halfway between question and answer', async () => {
  const { time, server, shown, open } = arrange({ start: true, behind: MINUTE })
  server.latency = 4000
  const { expiresAt } = open('s1')
  await settled()

  await time.pass(expiresAt - server.now() - 1)
  assert.equal(shown(), 's1')
  await time.pass(1)
  assert.equal(shown(), null)
})

for (const jump of [10 * MINUTE, -10 * MINUTE]) {
  test(`a clock that is set by ${jump / MINUTE} minutes while the page is open changes nothing`, async () => {
    const { time, window, server, shown, changes } = await showing()
    const asked = server.asked

    time.wall += jump
    window.fire('focus')
    await settled()
    assert.equal(shown(), 's1')
    await time.pass(5 * MINUTE - 1)
    assert.equal(shown(), 's1')
    await time.pass(1)

    assert.equal(shown(), null)
    assert.deepEqual(changes, [[null, 'expired']])
    assert.ok(server.asked > asked, 'the server was not asked')
  })
}

test('after a sleep that stopped the steady clock, too, the server is asked', async () => {
  const { time, window, server, shown } = await showing()

  time.wall += 10 * MINUTE
  server.overlays = []
  window.fire('focus')
  await settled()

  assert.equal(shown(), null)
})

test('after such a sleep without a network, the overlay is taken for over', async () => {
  const { time, window, server, shown, changes } = await showing({ behind: 5 * MINUTE })

  time.wall += 10 * MINUTE
  server.online = false
  window.fire('focus')
  await settled()

  assert.deepEqual(changes, [[null, 'expired']])
  assert.equal(shown(), null)
})

test('a clock that was set back without a network does not prolong an overlay', async () => {
  const { time, window, server, shown } = await showing()

  time.wall -= 10 * MINUTE
  server.online = false
  window.fire('focus')
  await time.pass(5 * MINUTE)

  assert.equal(shown(), null)
})

// The second happens to the document, and bubbles.
for (const type of ['focus', 'visibilitychange']) {
  test(`a record is removed on ${type}, though the timer slept`, async () => {
    const { time, window, shown, stored, changes } = await showing()

    time.timers.clear()
    await time.pass(6 * MINUTE)
    window.dispatchEvent(new Event(type))

    assert.deepEqual(changes, [[null, 'expired']])
    assert.equal(stored(), null)
    assert.equal(shown(), null)
  })
}

test('a record that is over is not rendered, and is removed after rendering', async () => {
  const { time, store, changes } = await showing()
  time.timers.clear()
  await time.pass(6 * MINUTE)

  assert.equal(store.getActiveSession(), null)
  assert.deepEqual(changes, [])
  await settled()

  assert.deepEqual(changes, [[null, 'expired']])
})

test('nothing that is stored is shown before the server was asked', async () => {
  const storage = { [KEY]: JSON.stringify({ sessionId: 's1', version: 1, expiresAt: Date.parse('2026-11-22T09:04:00Z') }) }
  const { server, shown, changes, stored } = arrange({ storage })
  let answer
  server.before = () => new Promise((resolve) => (answer = resolve))

  await settled()
  assert.equal(shown(), null)
  answer()
  await settled()

  assert.equal(shown(), null)
  assert.equal(stored(), null)
  assert.deepEqual(changes, [])
})

test('what is stored is shown again when the server still has it', async () => {
  const storage = { [KEY]: JSON.stringify({ sessionId: 's1', version: 1, expiresAt: Date.parse('2026-11-22T09:01:00Z') }) }
  const { shown, open } = arrange({ storage })
  open('s1', { for: MINUTE })
  open('s2')

  await settled()

  assert.equal(shown(), 's1')
})

test('without a network, what is stored is judged by the clock of the browser, until the server can be asked', async () => {
  const kept = (expiresAt) => ({ [KEY]: JSON.stringify({ sessionId: 's1', version: 1, expiresAt: Date.parse(expiresAt) }) })
  const fresh = arrange({ online: false, storage: kept('2026-11-22T09:04:00Z') })
  const old = arrange({ online: false, storage: kept('2026-11-22T08:59:59Z') })
  await settled()

  assert.equal(fresh.shown(), 's1')
  assert.equal(old.shown(), null)
  assert.equal(old.stored(), null)

  fresh.server.online = true
  await fresh.time.pass(1000)
  assert.equal(fresh.shown(), null)
})

test('a server that cannot be asked changes nothing, and is asked again', async () => {
  const { time, server, store, shown, open } = await showing()

  server.online = false
  await store.refresh()
  await time.pass(20_000)
  assert.equal(shown(), 's1')
  server.online = true
  server.overlays = []
  open('s2')
  await time.pass(30_000)

  assert.equal(shown(), 's2')
})

test('a server without the RPC is not asked for ever', async () => {
  const { supabase, time } = arrange()
  supabase.answerRpc = () => ({ data: null, error: { code: 'PGRST202', message: 'no such function' }, status: 404 })

  await time.pass(10 * MINUTE)

  assert.equal(supabase.rpcs.length, 1)
})

test('of several overlays the one that was opened last is shown, and stays', async () => {
  const { store, shown, open } = arrange()
  open('s1', { for: MINUTE })
  open('s2', { for: 2 * MINUTE })
  await settled()
  open('s3')
  await store.refresh()

  assert.equal(shown(), 's2')
})

test('an application without a window or storage does no harm', async () => {
  const { supabase, store } = arrange({ window: undefined, start: false })
  const bare = createOverlayStore(supabase, { window: undefined })
  const forbidden = arrange({ storage: {} })
  Object.defineProperty(forbidden.window, 'localStorage', { get() { throw new Error('forbidden') } })
  forbidden.open('s1')
  await settled()

  bare.start()()
  assert.equal(bare.getActiveSession(), null)
  assert.equal(store.getActiveSession(), null)
  assert.equal(forbidden.shown(), 's1')
})
