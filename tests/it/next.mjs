// The example as its users have it: a Next.js application in Chromium, against a running stack on another origin.

import assert from 'node:assert/strict'
import { browser, context } from './browser-page.mjs'

const { WEB, TOKEN_MEMBER, CHANNEL_ID, SCREENSHOTS } = process.env

async function open() {
  const page = await (await context({ viewport: { width: 700, height: 620 } })).newPage()
  page.on('pageerror', (error) => { throw error })
  await page.goto(WEB)
  await page.getByText('Nobody is signed in.').waitFor()
  return page
}

async function signIn(page, who) {
  await page.getByLabel('E-mail').fill(`${who}@example.com`)
  await page.getByLabel('Password').fill('demo')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByText(`Signed in as ${who}@example.com.`).waitFor()
}

const messages = (page) => page.getByRole('list', { name: 'Messages' }).getByRole('listitem')
const said = (page, text) => messages(page).filter({ hasText: text })
const status = (page, text) => page.getByRole('status').getByText(text).waitFor()
const overlay = (page) => page.getByRole('complementary', { name: 'Overlay' })
async function say(page, text) {
  await page.getByRole('textbox', { name: 'Message' }).fill(text)
  await page.getByRole('button', { name: 'Send', exact: true }).dblclick()
}

const [ada, grace] = [await open(), await open()]
await status(ada, 'Sign in first')

await Promise.all([signIn(ada, 'ada'), signIn(grace, 'grace')])
await Promise.all([status(ada, 'Live'), status(grace, 'Live')])
assert.equal(await messages(ada).count(), 50)
await ada.getByRole('button', { name: 'Older messages' }).click()
await messages(ada).nth(99).waitFor()

await say(ada, 'hello from next')
await said(grace, 'hello from next').waitFor()
assert.equal(await said(ada, 'hello from next').count(), 1)

// The answer is lost, and it is sent again: stored once.
await ada.route('**/messages-send', async (route) => {
  await route.fetch()
  await route.abort()
}, { times: 1 })
await ada.routeWebSocket(/realtime/, () => {})
await say(ada, 'lost and found')
const again = ada.getByRole('button', { name: 'Try again' })
await Promise.race([again.click().catch(() => {}), said(grace, 'lost and found').waitFor()])
await said(grace, 'lost and found').waitFor()
await ada.waitForFunction(() => !document.body.textContent.includes('Try again'))
assert.equal(await said(ada, 'lost and found').count(), 1)
assert.equal(await said(grace, 'lost and found').count(), 1)

await ada.getByRole('button', { name: 'Stage a match' }).click()
await Promise.all([overlay(ada).waitFor(), overlay(grace).waitFor()])
assert.match(await overlay(grace).textContent(), /for (2[89]\d|300) s/)
if (SCREENSHOTS) await grace.screenshot({ path: `${SCREENSHOTS}/next.png` })
await ada.getByRole('button', { name: 'End it' }).click()
await Promise.all([ada, grace].map((page) => overlay(page).waitFor({ state: 'detached' })))

await grace.getByRole('button', { name: 'Sign out' }).click()
await grace.getByText('Nobody is signed in.').waitFor()
assert.equal(await messages(grace).count(), 0)
await signIn(grace, 'eve')
await status(grace, 'You are not a member')
assert.equal(await messages(grace).count(), 0)
await signIn(grace, 'grace')
await said(grace, 'hello from next').waitFor()

const route = (path, init) => fetch(`${WEB}/api/${path}`, { headers: { authorization: `Bearer ${TOKEN_MEMBER}` }, ...init })
const page = await (await route(`messages/list?channel_id=${CHANNEL_ID}&limit=1`)).json()
assert.equal(page.data[0].body, 'lost and found')
const malformed = await route('rank/stage-room-match', { method: 'POST', body: '{' })
assert.deepEqual([malformed.status, (await malformed.json()).error], [400, 'malformed_request'])

await browser.close()
console.log('the room works')
process.exit(0)
