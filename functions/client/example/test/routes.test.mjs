// The routes behind a real server, with the real supabase-js, against an upstream that does what a test says.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, beforeEach, test } from 'node:test'
import { build } from 'esbuild'

const CHANNEL = 'c0000000-0000-4000-8000-000000000001'
const KEY = '0b6f8e7c-52d5-4a0e-9f3f-3d3b7d9f2c11'
const TOKEN = 'token-of-ada'
const message = { id: 'm1', channel_id: CHANNEL, body: 'hello', inserted_at: '2026-11-22T08:40:00.123456+00:00' }

let upstream, web, seen, functionAnswer, userAnswer

const listen = (server) => new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${server.address().port}`)))
const read = async (stream) => Buffer.concat(await stream.toArray()).toString()

before(async () => {
  // supabase-js wants a WebSocket to exist, which Node has from version 22 on; the routes never open one.
  globalThis.WebSocket ??= class {}
  const server = createServer(async (req, res) => {
    const call = { method: req.method, url: req.url, authorization: req.headers.authorization, body: await read(req) }
    seen.push(call)
    const [status, body, headers = {}] = req.url.startsWith('/auth/v1/user') ? userAnswer : functionAnswer
    res.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
  })
  process.env.NEXT_PUBLIC_SUPABASE_URL = await listen(server)
  process.env.NEXT_PUBLIC_SUPABASE_PUBLISHABLE_KEY = 'sb_publishable_test'
  upstream = server

  await build({
    entryPoints: ['pages/api/messages/list.ts', 'pages/api/messages/send.ts'],
    outdir: 'node_modules/.routes',
    outExtension: { '.js': '.mjs' },
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
  })
  const routes = {}
  for (const name of ['list', 'send']) routes[name] = (await import(`../node_modules/.routes/${name}.mjs`)).default
  web = createServer(async (req, res) => {
    const url = new URL(req.url, 'http://web')
    // What Next.js adds to Node's request and response, as far as the routes use it.
    const body = await read(req)
    Object.assign(req, { query: Object.fromEntries(url.searchParams), body: body ? JSON.parse(body) : undefined })
    res.status = (status) => Object.assign(res, { statusCode: status })
    res.json = (value) => res.setHeader('content-type', 'application/json').end(JSON.stringify(value))
    await routes[url.pathname.split('/').at(-1)](req, res)
  })
  web.origin = await listen(web)
})

beforeEach(() => {
  seen = []
  userAnswer = [200, { id: 'ada00000-0000-4000-8000-000000000001', aud: 'authenticated' }]
  functionAnswer = [200, [message]]
})

after(() => {
  for (const server of [upstream, web]) {
    server.close()
    server.closeAllConnections()
  }
})

async function call(path, { token = TOKEN, ...init } = {}) {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }), ...init.headers }
  const response = await fetch(`${web.origin}/api/messages/${path}`, { ...init, headers })
  return { status: response.status, headers: response.headers, body: await response.json() }
}
const send = (body, init) => call('send', { method: 'POST', body: JSON.stringify(body), ...init })

test('a page is fetched as the caller', async () => {
  const { status, body } = await call(`list?channel_id=${CHANNEL}&limit=1`)

  assert.equal(status, 200)
  assert.deepEqual(body, { data: [message], next_cursor: `${message.inserted_at},m1` })
  assert.deepEqual(seen.map(({ url }) => url), ['/auth/v1/user', `/functions/v1/messages-list?channel_id=${CHANNEL}&limit=1`])
  assert.deepEqual(seen.map(({ authorization }) => authorization), [`Bearer ${TOKEN}`, `Bearer ${TOKEN}`])
})

test('the cursor of a page asks for the next one, untouched', async () => {
  const cursor = `${message.inserted_at},m1`

  await call(`list?${new URLSearchParams({ channel_id: CHANNEL, before: cursor })}`)

  assert.equal(new URL(seen[1].url, 'http://upstream').searchParams.get('before'), cursor)
})

test('a message is sent as the caller, in the old form too', async () => {
  functionAnswer = [201, message]

  const { status, body } = await send({ channel_id: CHANNEL, text: 'hello', scope: 'global', client_message_id: KEY })

  assert.equal(status, 201)
  assert.deepEqual(body, { data: message, client_message_id: KEY })
  assert.deepEqual(JSON.parse(seen[1].body), { channel_id: CHANNEL, body: 'hello', client_message_id: KEY })
})

for (const [how, authorization] of [['none', {}], ['another scheme', { authorization: 'Basic x' }], ['an empty one', { authorization: 'Bearer' }]]) {
  test(`with ${how} for a token, nothing is asked upstream`, async () => {
    for (const answer of [await call('list', { token: null, headers: authorization }), await send({}, { token: null, headers: authorization })]) {
      assert.equal(answer.status, 401)
      assert.equal(answer.body.error, 'auth_required')
      assert.equal(answer.headers.get('www-authenticate'), 'Bearer')
    }
    assert.deepEqual(seen, [])
  })
}

test('a token that Auth refuses never reaches a function', async () => {
  userAnswer = [403, { code: 403, error_code: 'bad_jwt', msg: 'invalid JWT' }]

  const { status, body } = await send({ channel_id: CHANNEL, body: 'hello' })

  assert.deepEqual([status, body.code], [401, 'invalid_token'])
  assert.equal(seen.length, 1)
})

test('an Auth that cannot be asked is not the fault of the caller', async () => {
  userAnswer = [500, { msg: 'broken' }]

  const { status, body } = await call('list')

  assert.deepEqual([status, body.code], [503, 'auth_unavailable'])
})

for (const [status, code] of [[401, 'token_expired'], [403, 'not_channel_member'], [422, 'invalid_parameter'], [503, 'rpc_contract_mismatch']]) {
  test(`${status} ${code} comes through as it is`, async () => {
    functionAnswer = [status, { code, message: 'm', details: 'd', request_id: 'r' }, { 'retry-after': '3', 'x-request-id': 'r' }]

    const answers = [await call(`list?channel_id=${CHANNEL}`), await send({ channel_id: CHANNEL, body: '', client_message_id: KEY })]

    for (const answer of answers) {
      assert.equal(answer.status, status)
      assert.deepEqual(answer.body, { error: code, code, message: 'm', details: 'd', request_id: 'r' })
      assert.equal(answer.headers.get('retry-after'), '3')
    }
    assert.equal(answers[1].headers.get('idempotency-key'), KEY)
  })
}

test('another method is refused', async () => {
  const answer = await call('list', { method: 'DELETE' })

  assert.equal(answer.status, 405)
  assert.equal(answer.headers.get('allow'), 'GET')
  assert.deepEqual(seen, [])
})
