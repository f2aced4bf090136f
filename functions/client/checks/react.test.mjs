// The hooks in React itself, in strict mode, on the fakes of the module's own tests.
import './dom.mjs'
import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { Supabase, Time, settled } from '../test/fakes.mjs'

const { StrictMode, createElement: h, startTransition, use, Suspense } = await import('react')
const { renderToString } = await import('react-dom/server')
const { act, cleanup, render } = await import('@testing-library/react')
const { LockstepProvider, once, useActiveSession, useMessages, useStageMatch } = (await import('./module.mjs')).react

const CHANNEL = 'c0000000-0000-4000-8000-000000000001'
const START = Date.parse('2026-11-22T09:00:00Z')
const message = (n, more) => ({ id: `m${n}`, body: `${n}`, client_message_id: null, inserted_at: new Date(START + n * 1000).toISOString(), ...more })

afterEach(cleanup)

/** A page of a channel with these messages; what the hooks return at each rendering is kept. */
async function arrange(stored = [], Page = Chat) {
  const supabase = new Supabase()
  const time = new Time()
  const database = { stored }
  supabase.answer = ({ name, body }) => {
    if (name === 'messages-send') {
      const sent = message(100 + database.stored.length, { body: body.body, client_message_id: body.client_message_id })
      database.stored.push(sent)
      return Response.json(sent, { status: 201 })
    }
    const { before, since, limit = 50 } = Object.fromEntries(new URLSearchParams(name.split('?')[1]))
    const rows = database.stored
      .filter((row) => !before || Date.parse(row.inserted_at) < Date.parse(before.split(',')[0]))
      .filter((row) => !since || Date.parse(row.inserted_at) > Date.parse(since))
    return Response.json(rows.toReversed().slice(0, limit))
  }
  supabase.answerRpc = () => ({ data: { server_time: new Date(time.wall).toISOString(), overlays: database.overlays ?? [] }, error: null, status: 200 })
  const seen = []
  const page = h(StrictMode, null, h(LockstepProvider, { supabase, options: time.environment }, h(Page, { seen })))
  let view
  await act(async () => { view = render(page) })
  const calm = () => act(async () => { for (let n = 0; n < 5; n++) await settled() })
  await calm()
  return { supabase, time, database, seen, view, page, calm, last: () => seen.at(-1), asked: () => supabase.calls.filter(({ name }) => name.startsWith('messages-list')).length }
}

function Chat({ seen }) {
  const chat = useMessages(CHANNEL)
  seen.push(chat)
  return h('ol', null, chat.messages.map(({ id, body }) => h('li', { key: id }, body)))
}

test('the newest page is shown, in strict mode with one subscription', async () => {
  const { view, supabase, last } = await arrange([message(1), message(2)])

  assert.equal(view.container.textContent, '12')
  assert.deepEqual(supabase.channels.map(({ name }) => name).filter((name) => name.startsWith('social')), [`social:${CHANNEL}`])
  assert.equal(supabase.watchers, 2)
  assert.equal(last().status, 'connecting')
  await act(async () => supabase.named(`social:${CHANNEL}`).status('SUBSCRIBED'))
  assert.equal(last().status, 'live')
})

test('older pages come when they are asked for, until there are none', async () => {
  const { last, calm } = await arrange(Array.from({ length: 120 }, (_, n) => message(n)))
  const older = async () => { await act(() => last().loadOlder()); await calm() }

  assert.deepEqual([last().messages.length, last().hasOlder], [50, true])
  await older()
  await older()

  assert.deepEqual(last().messages.map(({ id }) => id), Array.from({ length: 120 }, (_, n) => `m${n}`))
  assert.equal(last().hasOlder, false)
})

test('what kept older pages away is forgotten when they come', async () => {
  const { supabase, last, calm } = await arrange(Array.from({ length: 60 }, (_, n) => message(n)))
  const older = async () => { await act(() => last().loadOlder()); await calm() }
  const { answer } = supabase
  supabase.answer = () => Response.json({ code: 'upstream_unavailable' }, { status: 503 })
  await older()
  assert.equal(last().error.code, 'upstream_unavailable')

  supabase.answer = answer
  await older()

  assert.deepEqual([last().error, last().messages.length], [null, 60])
})

test('a message is pending, then there; a double click is one', async () => {
  const { last, seen, supabase, view, calm } = await arrange()

  await act(async () => { last().send('hello'); last().send('hello') })
  await calm()

  assert.ok(seen.some(({ pending }) => pending.length === 1 && pending[0].state === 'sending'))
  assert.deepEqual(last().pending, [])
  assert.equal(view.container.textContent, 'hello')
  assert.equal(supabase.calls.filter(({ name }) => name === 'messages-send').length, 1)
})

test('a message that failed is tried again under its key, and can be given up', async () => {
  const { last, supabase, calm } = await arrange()
  const { answer } = supabase
  supabase.answer = () => { throw new TypeError('fetch failed') }
  await act(async () => { last().send('hello') })
  await calm()
  const [failed] = last().pending
  assert.deepEqual([failed.state, failed.error.code], ['failed', 'network_failure'])

  supabase.answer = answer
  await act(async () => { last().retry(failed.key) })
  await calm()
  assert.deepEqual([last().pending.length, last().messages[0].client_message_id], [0, failed.key])
  supabase.answer = () => Response.json({ code: 'forbidden' }, { status: 403 })
  await act(async () => { last().send('again') })
  await calm()
  await act(async () => last().discard(last().pending[0].key))
  assert.deepEqual(last().pending, [])
})

test('what failed and arrives nevertheless is no longer pending', async () => {
  const { last, supabase, database, calm } = await arrange()
  const { answer } = supabase
  supabase.answer = (request) => { answer(request); throw new TypeError('fetch failed') }
  await act(async () => { last().send('hello') })
  await calm()
  assert.equal(last().pending[0].state, 'failed')

  supabase.answer = answer
  await act(async () => supabase.named(`social:${CHANNEL}`).broadcast('message', { id: database.stored[0].id }))
  await calm()

  assert.deepEqual([last().pending.length, last().messages.length], [0, 1])
})

test('who signs in after another sees nothing of theirs', async () => {
  const { last, supabase, view, calm } = await arrange([message(1)])
  supabase.answer = () => Response.json({ code: 'not_channel_member', message: 'no' }, { status: 403 })

  await act(async () => supabase.signIn({ access_token: 'token-of-eve', user: { id: 'eve' } }))
  await calm()

  assert.equal(view.container.textContent, '')
  assert.deepEqual([last().status, last().error.code], ['refused', 'not_channel_member'])
})

test('who leaves the page asks for nothing more', async () => {
  const { view, supabase, calm } = await arrange()

  view.unmount()
  await calm()

  assert.deepEqual(supabase.channels, [])
  assert.equal(supabase.watchers, 0)
})

test('a session is shown with its seconds, and goes when its time is over', async () => {
  const Overlay = ({ seen }) => {
    const { session, secondsLeft } = useActiveSession()
    seen.push([session?.sessionId ?? null, secondsLeft])
    return null
  }
  const { database, supabase, time, last, calm } = await arrange([], Overlay)
  assert.deepEqual(last(), [null, 0])
  database.overlays = [{ session_id: 's1', version: 1, expires_at: new Date(time.wall + 60_000).toISOString() }]
  await act(async () => supabase.named('rank_overlay_ttl:ada').broadcast('overlay_opened', { id: 'b1' }))
  await calm()
  assert.deepEqual(last(), ['s1', 60])

  await act(() => time.pass(60_000))

  assert.deepEqual(last(), [null, 0])
})

test('a match that is staged says so, and so does one that is refused', async () => {
  const Stage = ({ seen }) => { seen.push(useStageMatch()); return null }
  const { supabase, seen, last, calm } = await arrange([], Stage)
  supabase.answer = () => Response.json({ inserted_count: 1 })
  await act(async () => { last().stage({}) })
  await calm()
  assert.ok(seen.some(({ staging }) => staging))
  assert.deepEqual([last().staging, last().data.inserted_count, last().error], [false, 1, null])

  supabase.answer = () => Response.json({ code: 'not_room_owner' }, { status: 403 })
  await act(async () => { last().stage({}) })
  await calm()

  assert.deepEqual([last().data, last().error.code], [null, 'not_room_owner'])
})

test('a server renders nothing of anybody', () => {
  const supabase = new Supabase()
  const Page = () => `${useMessages(CHANNEL).messages.length} ${useActiveSession().session}`

  assert.equal(renderToString(h(LockstepProvider, { supabase }, h(Page))), '0 null')
  assert.deepEqual(supabase.calls, [])
})

test('two components in one transition show the same', async () => {
  const torn = []
  const Both = () => {
    const [one, other] = [useMessages(CHANNEL).messages, useMessages(CHANNEL).messages]
    torn.push(one !== other)
    return null
  }
  const { supabase, database, calm } = await arrange([message(1)], Both)
  database.stored.push(message(2))

  await act(async () => startTransition(() => supabase.named(`social:${CHANNEL}`).broadcast('message', { id: 'm2' })))
  await calm()

  assert.ok(torn.length > 1 && torn.every((each) => !each))
})

test('a component that suspends before it is shown leaves nothing behind', async () => {
  let arrived
  const waiting = new Promise((resolve) => (arrived = resolve))
  const Slow = ({ seen }) => { seen.push(useMessages(CHANNEL)); use(waiting); return 'shown' }
  const { supabase, view, calm } = await arrange([message(1)], (props) => h(Suspense, { fallback: 'wait' }, h(Slow, props)))
  assert.equal(view.container.textContent, 'wait')
  assert.equal(supabase.named(`social:${CHANNEL}`), undefined)

  await act(async () => arrived())
  await calm()

  assert.equal(view.container.textContent, 'shown')
  assert.ok(supabase.named(`social:${CHANNEL}`))
})

test('hot reload keeps one client', async () => {
  const first = once('supabase', () => new Supabase())

  assert.equal(once('supabase', () => assert.fail('made again')), first)
})
