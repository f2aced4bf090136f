// What others do: the server that broadcasts, another tab, and somebody else who signs in.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settled } from './fakes.mjs'
import { KEY, MINUTE, PERSONAL, SHARED, arrange, showing } from './room.mjs'

const expired = (fields) => ({ id: 'b1', session_id: 's1', overlay_id: 'o1', version: 1, reason: 'ended', ...fields })

test('both topics are private', async () => {
  const { supabase } = await showing()

  assert.deepEqual(supabase.channels.map(({ name, options }) => [name, options.config.private]), [[PERSONAL, true], [SHARED, true]])
})

test('an overlay collapses when the server says that it is over', async () => {
  const { hear, shown, stored, changes } = await showing()

  await hear(PERSONAL, 'overlay_expired', expired({ session_id: 's2' }))
  assert.equal(shown(), 's1')
  await hear(PERSONAL, 'overlay_expired', expired({ id: 'b2' }))

  assert.equal(shown(), null)
  assert.equal(stored(), null)
  assert.deepEqual(changes, [[null, 'ended']])
})

test('what is said of an older version does not concern a newer one', async () => {
  const { hear, shown } = await showing({ version: undefined })
  const { hear: hearNewer, shown: shownNewer } = await showing()

  await hear(PERSONAL, 'overlay_expired', expired({ version: 0 }))
  await hearNewer(PERSONAL, 'overlay_expired', expired({ version: 2 }))

  assert.equal(shown(), 's1')
  assert.equal(shownNewer(), null)
})

test('a late notice of a time that has been extended ends nothing', async () => {
  const { hear, shown, iso, later } = await showing()

  await hear(PERSONAL, 'overlay_expired', expired({ reason: 'ttl', expires_at: iso(later(MINUTE)) }))

  assert.equal(shown(), 's1')
})

test('a broadcast that comes twice counts once', async () => {
  const { hear, shown, store, session } = await showing()

  await hear(PERSONAL, 'overlay_expired', expired())
  store.setActiveSession(session)
  await hear(PERSONAL, 'overlay_expired', expired())

  assert.equal(shown(), 's1')
})

test('an overlay that was opened is fetched, not believed', async () => {
  const { hear, shown, open, server } = arrange()
  await settled()

  await hear(PERSONAL, 'overlay_opened', { id: 'b1', session_id: 's9', version: 1, expires_at: '2026-11-22T09:05:00Z' })
  assert.equal(shown(), null)
  open('s1')
  await hear(PERSONAL, 'overlay_opened', { id: 'b2', session_id: 's1', version: 1 })

  assert.equal(shown(), 's1')
  assert.equal(server.asked, 3)
})

test('the announcement to all is followed by one question, later, and only where an overlay is shown', async () => {
  const { hear, time, server, shown } = await showing({ random: () => 0.5 })
  const idle = arrange({ random: () => 0.5 })
  await settled()
  const [asked, idleAsked] = [server.asked, idle.server.asked]
  server.overlays = []

  for (let n = 0; n < 3; n++) {
    await hear(SHARED, 'overlay_expired', undefined)
    await idle.hear(SHARED, 'overlay_expired', undefined)
  }
  await time.pass(4_999)
  assert.equal(server.asked, asked)
  await time.pass(1)
  await idle.time.pass(10_000)

  assert.equal(server.asked, asked + 1)
  assert.equal(shown(), null)
  assert.equal(idle.server.asked, idleAsked)
})

test('after each subscription the server is asked what was missed', async () => {
  const { supabase, server, shown } = await showing()

  server.overlays = []
  supabase.named(PERSONAL).status('SUBSCRIBED')
  await settled()

  assert.equal(shown(), null)
})

test('another tab is followed', async () => {
  const { window, shown, changes, later } = await showing()
  const tell = (record) => {
    if (record) window.localStorage.setItem(KEY, JSON.stringify(record))
    else window.localStorage.removeItem(KEY)
    window.fire('storage', { key: KEY })
  }

  tell({ sessionId: 's2', version: 1, expiresAt: later(MINUTE) })
  assert.equal(shown(), 's2')
  tell({ sessionId: 's3', version: 1, expiresAt: later(-MINUTE) })
  assert.equal(shown(), 's2')
  assert.equal(JSON.parse(window.localStorage.getItem(KEY)).sessionId, 's2')
  window.localStorage.items.clear()
  window.fire('storage', { key: 'other' })
  assert.equal(shown(), 's2')
  tell(null)

  assert.equal(shown(), null)
  assert.deepEqual(changes, [['s2', 'other_tab'], [null, 'other_tab']])
})

test('storage that is emptied takes the session with it', async () => {
  const { window, shown } = await showing()

  window.localStorage.items.clear()
  window.fire('storage', { key: null })

  assert.equal(shown(), null)
})

test('what another tab stores is not believed before the server was asked', async () => {
  const { window, server, shown, later } = arrange({ behind: 5 * MINUTE })
  server.online = false
  await settled()
  server.online = true
  window.localStorage.setItem(KEY, JSON.stringify({ sessionId: 's1', version: 1, expiresAt: later(-MINUTE) }))

  window.fire('storage', { key: KEY })
  assert.equal(shown(), null)
  await settled()

  assert.equal(shown(), null)
  assert.equal(server.asked, 1)
})

test('signing out takes the session away', async () => {
  const { supabase, shown, stored } = await showing()

  supabase.signIn(null, 'SIGNED_OUT')
  await settled()

  assert.equal(shown(), null)
  assert.equal(stored(), null)
  assert.deepEqual(supabase.channels, [])
})

test('somebody else who signs in sees their own', async () => {
  const { supabase, server, shown, open } = await showing()
  server.overlays = []
  open('s2')

  supabase.signIn({ access_token: 't', user: { id: 'grace' } })
  assert.equal(shown(), null)
  await settled()

  assert.equal(shown(), 's2')
  assert.deepEqual(supabase.channels.map(({ name }) => name).sort(), [SHARED, 'rank_overlay_ttl:grace'])
})

test('ending is believed whatever time it names', async () => {
  const { hear, shown, iso, later } = await showing()

  await hear(PERSONAL, 'overlay_expired', expired({ expires_at: iso(later(0)) }))

  assert.equal(shown(), null)
})

test('an answer for somebody who has left is dropped', async () => {
  const { supabase, server, shown, open } = arrange()
  let answer
  server.before = () => new Promise((resolve) => (answer = resolve))
  open('s1')
  await settled()

  supabase.signIn({ access_token: 't', user: { id: 'grace' } })
  server.before = () => new Promise(() => {})
  answer()
  await settled()

  assert.equal(shown(), null)
  assert.equal(server.asked, 2)
})

test('a refreshed token changes nothing', async () => {
  const { supabase, server, changes } = await showing()
  const [channels, asked] = [supabase.channels, server.asked]

  supabase.signIn({ ...supabase.session, access_token: 'next' }, 'TOKEN_REFRESHED')
  await settled()

  assert.deepEqual(supabase.channels, channels)
  assert.equal(server.asked, asked)
  assert.deepEqual(changes, [])
})

test('a network that is back is used at once', async () => {
  const { window, server, shown } = await showing()
  server.overlays = []

  window.fire('online')
  await settled()

  assert.equal(shown(), null)
})

test('a channel that the server closed is joined again', async () => {
  const { supabase, time } = await showing()
  const first = supabase.named(PERSONAL)

  supabase.drop(first)
  await time.pass(1000)

  assert.ok(supabase.named(PERSONAL))
  assert.notEqual(supabase.named(PERSONAL), first)
})

test('after stop nothing is heard, and start begins anew', async () => {
  const { supabase, store, server, window, time, shown, open } = await showing()
  const asked = server.asked

  store.stop()
  await settled()
  window.localStorage.items.clear()
  window.fire('storage', { key: null })
  await time.pass(MINUTE)
  assert.equal(shown(), 's1')
  assert.equal(server.asked, asked)
  assert.equal(supabase.watchers, 0)
  assert.deepEqual(supabase.channels, [])
  assert.equal(time.timers.size, 0)

  server.overlays = []
  open('s2')
  store.start()
  store.start()
  await settled()
  assert.equal(shown(), 's2')
  assert.equal(supabase.watchers, 1)
})
