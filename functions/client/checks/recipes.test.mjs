// What people copy runs as it stands.
import './dom.mjs'
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { afterEach, test } from 'node:test'
import { outdir, react } from './module.mjs'
import { createFakeProject } from '../testing.js'

const { createElement: h } = await import('react')
const { act, cleanup, render } = await import('@testing-library/react')
const { QueryClient, QueryClientProvider } = await import('@tanstack/react-query')

const CHANNEL = 'c0000000-0000-4000-8000-000000000001'
const ADA = 'ada00000-0000-4000-8000-000000000001'
const [tanstack, swr] = await Promise.all(['TanStack Query', 'SWR'].map(async (name) => {
  const text = readFileSync(new URL('../RECIPES.md', import.meta.url), 'utf8').split(`## ${name}\n`)[1].split('```js\n')[1].split('```')[0]
  const file = `${outdir}/recipe-${name.split(' ')[0]}.mjs`
  mkdirSync(outdir, { recursive: true })
  writeFileSync(file, text.replace('lockstep-client/react', './react.mjs'))
  return import(file)
}))

// What is kept for later would keep this process.
const queries = new QueryClient({ defaultOptions: { queries: { gcTime: 0 }, mutations: { gcTime: 0 } } })
afterEach(() => {
  cleanup()
  queries.clear()
})

/** A page of a channel with so many messages, in which ada is signed in. */
async function arrange(count, hook, Wrap = ({ children }) => children) {
  const project = createFakeProject({ people: { 'ada@example.com': ADA }, channels: { [CHANNEL]: [ADA] } })
  project.channels[CHANNEL].messages = Array.from({ length: count }, (_, n) => ({ id: `m${n}`, body: `${n}`, inserted_at: new Date(n * 1000).toISOString() }))
  const supabase = project.createClient()
  await supabase.auth.signInWithPassword({ email: 'ada@example.com' })
  const seen = []
  const Page = () => (seen.push(hook(CHANNEL)), null)
  render(h(Wrap, null, h(react.LockstepProvider, { supabase }, h(Page))))
  /** Until what the hook returns is so. */
  const until = async (wanted) => {
    const deadline = performance.now() + 10_000
    while (!wanted(seen.at(-1))) {
      assert.ok(performance.now() < deadline, 'it did not come')
      await act(() => new Promise((resolve) => setTimeout(resolve, 5)))
    }
    return seen.at(-1)
  }
  return { project, until }
}

const bodies = (pages) => pages.flatMap(({ data }) => data.map(({ body }) => Number(body)))
const Query = ({ children }) => h(QueryClientProvider, { client: queries }, children)

test('TanStack Query: page by page, and what may pass is tried again', async () => {
  const { until, project } = await arrange(60, (channel) => tanstack.useHistory(channel), Query)
  const first = await until(({ data }) => data)
  assert.deepEqual([bodies(first.data.pages).length, first.hasNextPage], [50, true])
  project.fail('messages-list', { status: 503, code: 'upstream_unavailable', headers: { 'retry-after': '1' } })

  await act(() => first.fetchNextPage())
  const whole = await until(({ data }) => data.pages.length === 2)

  assert.deepEqual([bodies(whole.data.pages).length, whole.hasNextPage], [60, false])
})

test('TanStack Query: a refusal is not tried again, and a message whose answer was lost is stored once', async () => {
  const { until, project } = await arrange(0, (channel) => ({ history: tanstack.useHistory(channel), send: tanstack.useSend(channel) }), Query)
  const { send } = await until(({ history }) => history.data)
  project.fail('messages-send', { lost: true })
  await act(() => send.mutateAsync('hello'))
  assert.equal(project.channels[CHANNEL].messages.length, 1)
  project.channels[CHANNEL].members = []

  await act(() => assert.rejects(send.mutateAsync('again'), { code: 'not_channel_member' }))
})

test('SWR: page by page, and a refusal is told', async () => {
  const { until, project } = await arrange(60, (channel) => {
    const { data, error, setSize, mutate } = swr.useHistory(channel)
    return { data, error, setSize, mutate }
  })
  const first = await until(({ data }) => data)
  assert.equal(bodies(first.data).length, 50)

  await act(() => first.setSize(2))
  assert.equal(bodies((await until(({ data }) => data?.length === 2)).data).length, 60)
  project.channels[CHANNEL].members = []
  await act(() => first.mutate().catch(() => {}))

  assert.equal((await until(({ error }) => error)).error.code, 'not_channel_member')
})
