// Chromium, and the demo page in it, as browser.mjs speaks of them. What happens to the system in the meantime is asked of
// the test that started this (browser.rs): a line out, a line back.

import assert from 'node:assert/strict'
import { createInterface } from 'node:readline'
import { chromium } from 'playwright-core'

const { ORIGIN } = process.env
const PATIENCE = 15_000

const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
export async function ask(what) {
  console.log(`DO ${what}`)
  const { value } = await answers.next()
  assert.ok(value?.startsWith('ok'), `${what}: ${value}`)
  return value.slice(3)
}
export const sql = (text) => ask(`sql ${text}`)

export const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
})
export const contexts = []

export async function context(options) {
  const made = await browser.newContext(options)
  made.setDefaultTimeout(PATIENCE)
  contexts.push(made)
  return made
}

/** A page on which somebody is signed in and connected. */
export async function open(who, { into, prepare, path = '/demo' } = {}) {
  const page = await (into ?? (await context())).newPage()
  page.on('pageerror', (error) => { throw error })
  await prepare?.(page)
  await page.goto(`${ORIGIN}${path}`)
  if (who) {
    await page.getByRole('button', { name: who, exact: true }).click()
    await page.getByText(`Signed in as ${who}.`).waitFor()
    await page.locator('#messages li').first().waitFor()
  }
  return page
}

/** Joined, and what was missed before is fetched. */
export async function connected(page) {
  await page.waitForFunction(() => {
    const channels = window.demo.supabase.getChannels()
    return channels.length >= 2 && channels.every((channel) => channel.state === 'joined')
  })
}

export const overlay = (page) => page.locator('#overlay')
export const appears = (page) => overlay(page).waitFor({ state: 'visible' })
export const collapses = (page) => overlay(page).waitFor({ state: 'hidden' })
export const seconds = async (page) => {
  const [minutes, rest] = (await page.locator('#overlay-left').textContent()).split(':').map(Number)
  return minutes * 60 + rest
}

export async function staged(page) {
  await page.getByRole('button', { name: 'Stage a match' }).click()
  await appears(page)
}

/** So that its time is up in a moment; for whoever asks the server from now on. */
export const shorten = (milliseconds) => sql(
  `update public.rank_session_overlays set renewed_at = now() - interval '5 minutes' + interval '${milliseconds} ms',
   expires_at = now() + interval '${milliseconds} ms' where expires_at > now()`.replace(/\s+/g, ' '),
)
