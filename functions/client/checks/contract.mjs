// What an application relies on, of a project on one version of supabase-js or of the fake in its place: Realtime, refusals,
// pages, keys, matches, and people who come and go.
import assert from 'node:assert/strict'
import { createLockstep, createOverlayStore } from '../index.js'

const PATIENCE = 15_000

/** What happens, in its order, and a way to wait for it. */
function log() {
  const seen = []
  const waiting = new Set()
  const note = (what) => {
    seen.push(what)
    for (const check of waiting) check()
  }
  const until = (wanted) => new Promise((resolve, reject) => {
    const shown = (key, value) => (key === 'messages' ? value.length : value)
    const timer = setTimeout(() => reject(new Error(`${wanted} did not come: ${JSON.stringify(seen, shown)}`)), PATIENCE)
    const check = () => {
      const found = seen.find((what, at) => wanted(what, at))
      if (!found) return
      clearTimeout(timer)
      waiting.delete(check)
      resolve(found)
    }
    waiting.add(check)
    check()
  })
  return { seen, note, until }
}

class Window extends EventTarget {
  #items = new Map()
  localStorage = {
    getItem: (key) => this.#items.get(key) ?? null,
    setItem: (key, value) => this.#items.set(key, value),
    removeItem: (key) => this.#items.delete(key),
  }
}

/** `client()` makes one that nobody is signed in to; the ids are those of `supabase/seed.sql`. */
export async function contract(client, { CHANNEL_ID, ROOM_ID, GAME_ID, USER_MEMBER, USER_MEMBER_2 }, name) {
  const browser = () => {
    const supabase = client()
    const signIn = async (who) => {
      const { error } = await supabase.auth.signInWithPassword({ email: `${who}@example.com`, password: 'demo' })
      assert.equal(error, null)
    }
    return { supabase, lockstep: createLockstep(supabase), signIn }
  }
  const refused = async (answer, ...expected) => {
    const { error } = await answer
    assert.deepEqual([error?.status, error?.code, ...(expected.length > 2 ? [error?.details] : [])], expected)
  }

  const [ada, grace] = [browser(), browser()]
  await refused(ada.lockstep.listMessages(CHANNEL_ID), 401, 'auth_required')
  await Promise.all([ada.signIn('ada'), grace.signIn('grace')])

  // Longer than this has patience: what comes meanwhile came by Realtime.
  const poll = 600_000
  const events = log()
  const leave = grace.lockstep.subscribeMessages(CHANNEL_ID, (messages) => events.note({ messages }), {
    onStatus: (status, error) => events.note({ status, code: error?.code }),
    onReset: () => events.note({ reset: true }),
    poll,
  })
  await events.until(({ status }) => status === 'live')

  const { data: sent, idempotencyKey } = await ada.lockstep.sendMessage(CHANNEL_ID, `on ${name}`).throwOnError()
  assert.deepEqual([sent.body, sent.sender_id, sent.client_message_id], [`on ${name}`, USER_MEMBER, idempotencyKey])
  await events.until(({ messages }) => messages?.at(-1).id === sent.id)
  const again = await ada.lockstep.sendMessage(CHANNEL_ID, `on ${name}`, { idempotencyKey }).throwOnError()
  assert.deepEqual(again.data, sent)
  await refused(ada.lockstep.sendMessage(CHANNEL_ID, 'other words', { idempotencyKey }), 409, 'client_message_id_reused')
  await refused(ada.lockstep.sendMessage(CHANNEL_ID, ' '), 422, 'invalid_parameter', 'body')
  await refused(ada.lockstep.listMessages('no id'), 422, 'invalid_parameter', 'channel_id')

  const newest = await ada.lockstep.listMessages(CHANNEL_ID, { limit: 1 }).throwOnError()
  assert.deepEqual(newest.data, [sent])
  await ada.lockstep.sendMessage(CHANNEL_ID, 'a later one').throwOnError()
  const before = await ada.lockstep.listMessages(CHANNEL_ID, { limit: 2, before: newest.nextCursor }).throwOnError()
  assert.ok(before.data.every(({ inserted_at: at }) => at < sent.inserted_at))
  const since = await ada.lockstep.listMessages(CHANNEL_ID, { since: sent.inserted_at }).throwOnError()
  assert.deepEqual(since.data.map(({ body }) => body), ['a later one'])

  const overlays = log()
  const overlay = createOverlayStore(grace.supabase, { window: new Window(), poll, onStatus: (status) => overlays.note({ status }) })
  overlay.subscribe((session, reason) => overlays.note({ session, reason }))
  overlay.start()
  await overlays.until(({ status }) => status === 'live')
  const match = (version) => ({
    room_id: ROOM_ID,
    game_id: GAME_ID,
    match_instance_id: crypto.randomUUID(),
    roster: [
      { slot_index: 0, role: 'attack', owner_id: USER_MEMBER, ready: true },
      { slot_index: 2, role: 'support', owner_id: USER_MEMBER_2, ready: true },
    ],
    slot_template: {
      version,
      roles: [{ name: 'attack', slot_count: 1 }, { name: 'support', slot_count: 1 }],
      slots: [{ slot_index: 0, role: 'attack' }, { slot_index: 2, role: 'support' }],
    },
  })
  const first = match(Date.now())
  const staged = await ada.lockstep.stageRoomMatch(first).throwOnError()
  assert.deepEqual([staged.data.inserted_count, staged.data.replayed, staged.data.role_counts.length], [2, false, 2])
  await overlays.until(({ session }) => session?.version === first.slot_template.version)
  assert.equal((await ada.lockstep.stageRoomMatch(first).throwOnError()).data.replayed, true)
  await refused(ada.lockstep.stageRoomMatch(match(first.slot_template.version - 1)), 409, 'slot_version_conflict')
  await refused(grace.lockstep.stageRoomMatch(match(Date.now())), 403, 'not_room_owner')
  await refused(ada.lockstep.stageRoomMatch({ ...match(Date.now()), roster: [] }), 422, 'empty_roster', 'roster')
  assert.ok(Date.parse((await overlay.renew()).data.expires_at) - overlay.now() > 290_000)
  const host = createOverlayStore(ada.supabase, { window: new Window() })
  host.start()
  await host.refresh()
  const shown = log()
  host.subscribe((session) => shown.note({ session }))
  if (!host.getActiveSession()) await shown.until(({ session }) => session)
  assert.equal((await host.end()).error, null)
  const wasOn = (at) => overlays.seen.slice(0, at).some(({ session }) => session?.version === first.slot_template.version)
  await overlays.until(({ session, reason }, at) => session === null && reason === 'ended' && wasOn(at))
  assert.equal((await overlay.renew()).error.code, 'no_active_session')
  host.stop()

  const second = match(Date.now())
  await ada.lockstep.stageRoomMatch(second).throwOnError()
  await overlays.until(({ session }) => session?.version === second.slot_template.version)
  await grace.signIn('eve')
  await events.until(({ reset }) => reset)
  await events.until(({ status, code }) => status === 'refused' && code === 'not_channel_member')
  await overlays.until(({ session, reason }) => session === null && reason === 'signed_out')
  await refused(grace.lockstep.listMessages(CHANNEL_ID), 403, 'not_channel_member')
  await refused(grace.lockstep.sendMessage(CHANNEL_ID, 'hello'), 403, 'not_channel_member')
  await grace.supabase.auth.signOut({ scope: 'local' })
  await events.until(({ status, code }) => status === 'refused' && code === 'auth_required')
  await grace.signIn('grace')
  await events.until(({ status }, at) => status === 'live' && events.seen.slice(0, at).some(({ code }) => code === 'auth_required'))

  leave()
  overlay.stop()
  await Promise.all([ada, grace].map(({ supabase }) => supabase.removeAllChannels()))
}
