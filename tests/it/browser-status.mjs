// What the demo page says of its connection, and of who is signed in.

import assert from 'node:assert/strict'
import { ask, open } from './browser-page.mjs'

export const status = {
  async 'without Realtime messages come all the same, and the page says so'() {
    await ask('cut')
    const [ada, grace] = [await open('Ada'), await open('Grace')]
    await grace.locator('#status').getByText('polling').waitFor()
    await grace.context().setOffline(true)
    await ada.getByRole('textbox', { name: 'Message' }).fill('said while grace was away')
    await ada.getByRole('button', { name: 'Send' }).click()
    await ada.locator('#log').getByText('messages-send').waitFor()
    await grace.context().setOffline(false)
    await grace.locator('#messages').getByText('said while grace was away').waitFor()
    await ask('restore')
    await grace.locator('#status').getByText('live').waitFor()
  },

  async 'who signs in after another sees nothing of theirs, and why'() {
    const page = await open('Grace')
    await page.locator('#status').getByText('live').waitFor()
    await page.getByRole('button', { name: 'Eve', exact: true }).click()
    await page.locator('#messages').getByText('You are not a member').waitFor()
    assert.equal(await page.locator('#messages li').count(), 1)
    assert.equal(await page.locator('#status').textContent(), 'refused')
  },
}
