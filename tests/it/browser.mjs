// What the browser module promises, in real Chromium, on the demo page of a running stack.

import assert from 'node:assert/strict'
import {
  appears, ask, browser, collapses, connected, context, contexts, open, overlay, seconds, shorten, sql, staged,
} from './browser-page.mjs'
import { status } from './browser-status.mjs'

const { ORIGIN, SCREENSHOTS } = process.env
const ADA = 'ada00000-0000-4000-8000-000000000001'
const GRACE = '97ace000-0000-4000-8000-000000000002'

const tests = {
  async 'an overlay appears on staging, for host and player, and for nobody else'() {
    const [ada, grace, eve] = [await open('Ada'), await open('Grace'), await open('Eve')]
    await Promise.all([connected(ada), connected(grace), connected(eve)])
    await staged(ada)
    await appears(grace)
    assert.ok((await seconds(grace)) > 290, `${await seconds(grace)} s left`)
    assert.equal(await overlay(eve).isVisible(), false)
    if (SCREENSHOTS) {
      await grace.setViewportSize({ width: 1100, height: 660 })
      await grace.screenshot({ path: `${SCREENSHOTS}/light.png` })
      await grace.emulateMedia({ colorScheme: 'dark' })
      await grace.setViewportSize({ width: 390, height: 844 })
      await grace.screenshot({ path: `${SCREENSHOTS}/dark-narrow.png` })
    }
  },

  async 'two tabs of one browser are two people, and whoever is nobody is told why nothing can be sent'() {
    const tabs = await context()
    const ada = await open('Ada', { into: tabs })
    const grace = await open(null, { into: tabs, path: '/demo?as=grace' })
    await grace.getByText('Signed in as Grace.').waitFor()
    await connected(grace)
    assert.deepEqual(await grace.locator('#people button').allTextContents(), ['Ada', 'Grace', 'Eve'])
    await grace.getByRole('textbox', { name: 'Message' }).fill('from the other tab')
    await grace.getByRole('button', { name: 'Send' }).click()
    await ada.locator('#messages li', { hasText: 'from the other tab' }).getByText('Grace').waitFor()
    assert.equal(await ada.getByText('Signed in as Ada.').isVisible(), true)
    for (const page of [ada, grace]) {
      assert.equal(await page.getByText('Sign in to send.').isVisible(), false)
      const cut = await page.locator('#messages').evaluate((list) =>
        [...list.children].filter(({ offsetTop, offsetHeight }) =>
          offsetTop < list.scrollTop && offsetTop + offsetHeight > list.scrollTop).length)
      assert.equal(cut, 0, 'no line is cut at the top')
    }
    const nobody = await open(null)
    assert.equal(await nobody.getByText('Sign in to send.').isVisible(), true)
    assert.equal(await nobody.getByRole('button', { name: 'Send' }).isDisabled(), true)
  },

  async 'at its time it disappears, with the broadcast blocked'() {
    const ada = await open('Ada')
    await connected(ada)
    await staged(ada)
    await ask('cut')
    await shorten(3000)
    await ada.evaluate(() => window.demo.overlays.refresh())
    assert.equal(await overlay(ada).isVisible(), true)
    await collapses(ada)
    await ask('restore')
  },

  async 'on the signal of the server it disappears at once, with the clock frozen'() {
    const [ada, grace] = [await open('Ada'), await open('Grace', { prepare: (page) => page.clock.install() })]
    await Promise.all([connected(ada), connected(grace)])
    await staged(ada)
    await appears(grace)
    await grace.clock.pauseAt(new Date(Date.now() + 60_000))
    const before = await grace.evaluate(() => [Date.now(), performance.now()])
    await ada.getByRole('button', { name: 'End the match' }).click()
    await grace.waitForFunction(() => window.demo.overlays.getActiveSession() === null, null, { polling: 'raf' })
    await collapses(grace)
    assert.deepEqual(await grace.evaluate(() => [Date.now(), performance.now()]), before, 'the clock stood still')
  },

  async 'it collapses in a second tab, which hears nothing itself'() {
    const tabs = await context()
    const first = await open('Grace', { into: tabs })
    await connected(first)
    const ada = await open('Ada')
    await connected(ada)
    await staged(ada)
    await appears(first)
    const deaf = await tabs.newPage()
    await deaf.routeWebSocket(/realtime/, () => {})
    await deaf.goto(`${ORIGIN}/demo`)
    await appears(deaf)
    await ada.getByRole('button', { name: 'End the match' }).click()
    await collapses(first)
    await collapses(deaf)
  },

  async 'it survives a dropped connection, and collapses when the page is back'() {
    const ada = await open('Ada')
    await connected(ada)
    await staged(ada)
    await ask('cut')
    await ada.waitForFunction(() => window.demo.supabase.getChannels().every((channel) => channel.state !== 'joined'))
    await sql(`update public.rank_session_overlays set expires_at = now() where expires_at > now()`)
    assert.equal(await overlay(ada).isVisible(), true, 'nobody has told it')
    await ask('restore')
    await collapses(ada)
    await connected(ada)
  },

  async 'what is stale, too far ahead or of another version is not hydrated'() {
    const page = await open(null, {
      prepare: (page) => page.addInitScript(() => {
        localStorage.setItem('rank.activeSession', JSON.stringify({ gameId: 'g', href: '/', status: 'active', turn: 3 }))
        localStorage.setItem('lockstep.overlay', JSON.stringify({ sessionId: 's', expiresAt: Date.now() - 1, version: 1 }))
      }),
    })
    const result = await page.evaluate(() => {
      const { overlays } = window.demo
      const soon = Date.now() + 60_000
      return {
        shown: overlays.getActiveSession(),
        former: localStorage.getItem('rank.activeSession'),
        stale: overlays.setActiveSession({ sessionId: 's', expiresAt: Date.now() - 1, version: 1 }),
        endless: overlays.setActiveSession({ sessionId: 's', expiresAt: Date.now() + 86_400_000, version: 1 }),
        malformed: overlays.setActiveSession({ sessionId: 's' }),
        wrong: overlays.setActiveSession({ sessionId: 's', expiresAt: soon, version: 1 }, { version: 2 }),
        right: overlays.setActiveSession({ sessionId: 's', expiresAt: soon, version: 2 }, { version: 2 }),
        other: overlays.setActiveSession({ sessionId: 's', expiresAt: soon, version: 3 }),
      }
    })
    assert.deepEqual(result, {
      shown: null, former: null, stale: false, endless: false, malformed: false, wrong: false, right: true, other: false,
    })
  },

  async 'with a clock that is five minutes wrong it is still right'() {
    for (const wrong of [-300_000, 300_000]) {
      const prepare = (page) => page.clock.install({ time: Date.now() + wrong })
      const [ada, grace] = [await open('Ada'), await open('Grace', { prepare })]
      await Promise.all([connected(ada), connected(grace)])
      await staged(ada)
      await appears(grace)
      const left = await seconds(grace)
      assert.ok(left > 285 && left <= 300, `${left} s left on a clock that is ${wrong / 60_000} minutes wrong`)
      await shorten(2500)
      await grace.evaluate(() => window.demo.overlays.refresh())
      assert.equal(await overlay(grace).isVisible(), true)
      await collapses(grace)
    }
  },

  async 'messages arrive, and a member who was removed reads nothing new'() {
    const [ada, grace] = [await open('Ada'), await open('Grace')]
    await Promise.all([connected(ada), connected(grace)])
    const say = async (text) => {
      await ada.getByRole('textbox', { name: 'Message' }).fill(text)
      await ada.getByRole('button', { name: 'Send' }).click()
      await ada.locator('#messages').getByText(text).waitFor()
    }
    await say('for grace too')
    await grace.locator('#messages').getByText('for grace too').waitFor()
    const membership = `channel_id = 'c0000000-0000-4000-8000-000000000001' and user_id = '${GRACE}'`
    await sql(`delete from public.social_channel_members where ${membership}`)
    await say('not for grace')
    // She still hears that there is something, asks, and is refused.
    await grace.locator('#log .bad').first().waitFor()
    assert.equal(await grace.locator('#messages').getByText('not for grace').count(), 0)
    await sql(`insert into public.social_channel_members (channel_id, user_id) values ('c0000000-0000-4000-8000-000000000001', '${GRACE}')`)
  },

  ...status,

  async 'nobody hears what is another player\'s, however they join, and nobody can say it'() {
    const [ada, eve] = [await open('Ada'), await open('Eve')]
    await Promise.all([connected(ada), connected(eve)])
    const joined = await eve.evaluate(async ([ada]) => {
      window.heard = []
      const { supabase } = window.demo
      const join = (name, isPrivate) => new Promise((resolve) => {
        supabase.channel(name, { config: { private: isPrivate } })
          .on('broadcast', { event: '*' }, (message) => window.heard.push(message))
          .subscribe((status) => status !== 'CLOSED' && resolve(status))
      })
      return [await join(`rank_overlay_ttl:${ada}`, true), await join(`rank_overlay_ttl:${ada}x`, false)]
    }, [ADA])
    assert.deepEqual(joined, ['CHANNEL_ERROR', 'SUBSCRIBED'])
    const open_ = await eve.evaluate(([ada]) => new Promise((resolve) => {
      const { supabase } = window.demo
      supabase.removeChannel(supabase.getChannels().find((channel) => channel.topic === `realtime:rank_overlay_ttl:${ada}`))
      supabase.channel(`rank_overlay_ttl:${ada}`, { config: { private: false } })
        .on('broadcast', { event: '*' }, (message) => window.heard.push(message))
        .subscribe((status) => status !== 'CLOSED' && resolve(status))
    }), [ADA])
    assert.equal(open_, 'SUBSCRIBED', 'the public channel of that name is another one')
    await staged(ada)
    await ada.getByRole('button', { name: 'End the match' }).click()
    await collapses(ada)
    assert.deepEqual(await eve.evaluate(() => window.heard), [])
  },

  async 'nobody can say what only the database says'() {
    const [ada, eve] = [await open('Ada'), await open('Eve')]
    await Promise.all([connected(ada), connected(eve)])
    const lobby = (page) => page.evaluate(() => new Promise((resolve) => {
      const { supabase } = window.demo
      window.heard = []
      for (const channel of supabase.getChannels()) {
        channel.on('broadcast', { event: '*' }, ({ event }) => window.heard.push(event))
      }
      supabase.channel('lobby').on('broadcast', { event: '*' }, ({ event }) => window.heard.push(event)).subscribe(resolve)
    }))
    await Promise.all([lobby(ada), lobby(eve)])
    const say = (page, topic, event) => page.evaluate(([topic, event]) => {
      const channel = window.demo.supabase.getChannels().find((each) => each.topic === `realtime:${topic}`)
      return channel.send({ type: 'broadcast', event, payload: {} })
    }, [topic, event])

    await say(eve, 'rank_overlay_ttl', 'overlay_expired')
    await say(eve, `rank_overlay_ttl:e7e00000-0000-4000-8000-000000000003`, 'overlay_expired')
    // What may be said arrives, and after what was said before it.
    await say(eve, 'lobby', 'hello')
    await ada.waitForFunction(() => window.heard.includes('hello'))
    assert.deepEqual(await ada.evaluate(() => window.heard), ['hello'])
  },
}

let failed = 0
for (const [name, test] of Object.entries(tests)) {
  try {
    await sql(`delete from public.rank_session_overlays where true`)
    await test()
    console.log(`✓ ${name}`)
  } catch (error) {
    failed += 1
    console.log(`✗ ${name}\n${error.stack}`)
    for (const page of contexts.flatMap((each) => each.pages())) {
      console.log(await page.locator('#log').innerText().catch(() => ''))
    }
    await ask('restore')
  }
  await Promise.all(contexts.splice(0).map((each) => each.close()))
}
await browser.close()
process.exit(failed ? 1 : 0)
