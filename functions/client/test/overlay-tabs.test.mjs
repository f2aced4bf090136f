// Other tabs, other devices, and a network that is away: what is shown here must not depend on who was awake to hear it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settled } from './fakes.mjs'
import { KEY, MINUTE, arrange, showing } from './room.mjs'

test('a tab whose turn comes late keeps what another tab has renewed', async () => {
  const { time, window, server, shown, stored, later } = await showing()
  server.online = false
  await time.pass(4 * MINUTE)
  // Written by the other tab; the event is still on its way.
  window.localStorage.setItem(KEY, JSON.stringify({ sessionId: 's1', version: 1, expiresAt: later(5 * MINUTE) }))

  await time.pass(MINUTE + 1000)

  assert.equal(shown(), 's1')
  assert.ok(stored(), 'and leaves it to the others')
})

test('what another tab removed is shown while the server has it', async () => {
  const { window, shown } = await showing()

  window.localStorage.removeItem(KEY)
  window.fire('storage', { key: KEY })
  assert.equal(shown(), null)
  await settled()

  assert.equal(shown(), 's1')
})

test('what was cleared here and taken over from another tab is shown again', async () => {
  const { store, window, shown, session } = await showing()
  store.clear()
  await store.refresh()
  assert.equal(shown(), null)

  window.localStorage.setItem(KEY, JSON.stringify(session))
  window.fire('storage', { key: KEY })
  await store.refresh()

  assert.equal(shown(), 's1')
})

test('a session that was renewed on another device is shown again when its time here is over', async () => {
  const { time, server, shown, iso, later } = await showing()
  await time.pass(4 * MINUTE)
  server.overlays[0].expires_at = iso(later(5 * MINUTE))

  await time.pass(MINUTE + 1000)

  assert.equal(shown(), 's1')
})

test('whoever comes back to the page asks whether something is on', async () => {
  const { window, shown, open } = arrange()
  await settled()
  open('s1')

  window.dispatchEvent(new Event('focus'))
  await settled()

  assert.equal(shown(), 's1')
})

test('nobody at the start takes nothing away, since the network may be away', async () => {
  const kept = JSON.stringify({ sessionId: 's1', version: 1, expiresAt: Date.now() + MINUTE })
  const { supabase, store, stored } = arrange({ start: false, storage: { [KEY]: kept } })
  supabase.session = null

  store.start()
  await settled()

  assert.ok(stored())
})
