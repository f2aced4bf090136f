// The fake project keeps the contract that the real one keeps, and fails as it is told to.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLockstep } from '../index.js'
import { createFakeProject } from '../testing.js'
import { contract } from './contract.mjs'

const ids = {
  CHANNEL_ID: 'c0000000-0000-4000-8000-000000000001',
  ROOM_ID: '400a0000-0000-4000-8000-000000000001',
  GAME_ID: '9a3e0000-0000-4000-8000-000000000001',
  USER_MEMBER: 'ada00000-0000-4000-8000-000000000001',
  USER_MEMBER_2: '97ace000-0000-4000-8000-000000000002',
}
const EVE = 'e7e00000-0000-4000-8000-000000000003'

const arrange = () => createFakeProject({
  people: { 'ada@example.com': ids.USER_MEMBER, 'grace@example.com': ids.USER_MEMBER_2, 'eve@example.com': EVE },
  channels: { [ids.CHANNEL_ID]: [ids.USER_MEMBER, ids.USER_MEMBER_2] },
  rooms: { [ids.ROOM_ID]: { owner: ids.USER_MEMBER, game: ids.GAME_ID } },
})

/** Signed in as ada. */
async function client(project) {
  const supabase = project.createClient()
  await supabase.auth.signInWithPassword({ email: 'ada@example.com' })
  return { supabase, lockstep: createLockstep(supabase) }
}

test('the fake keeps the contract', async () => {
  const project = arrange()

  await contract(project.createClient, ids, 'the fake')
})

test('a call fails as it is told to, so often, and a lost answer was stored', async () => {
  const project = arrange()
  const { lockstep } = await client(project)
  project.fail('messages-send', { status: 503, code: 'upstream_unavailable', headers: { 'retry-after': '2' } })
  project.fail('messages-send', { lost: true })

  const [unavailable, lost, sent] = [await lockstep.sendMessage(ids.CHANNEL_ID, 'a'), await lockstep.sendMessage(ids.CHANNEL_ID, 'a'), await lockstep.sendMessage(ids.CHANNEL_ID, 'a')]

  assert.deepEqual([unavailable.error.code, unavailable.error.retryAfter], ['upstream_unavailable', 2])
  assert.equal(lost.error.code, 'network_failure')
  assert.equal(sent.error, null)
  assert.equal(project.channels[ids.CHANNEL_ID].messages.length, 1)
})

test('without Realtime, and without a network, it is as without them', async () => {
  const project = arrange()
  const { lockstep } = await client(project)
  const statuses = []
  const told = (wanted) => new Promise((resolve) => {
    const leave = lockstep.subscribeMessages(ids.CHANNEL_ID, () => {}, {
      onStatus(status) {
        statuses.push(status)
        if (status === wanted) resolve(leave)
      },
    })
  })
  project.cut()
  ;(await told('polling'))()
  project.restore()
  ;(await told('live'))()
  project.offline = true
  assert.equal((await lockstep.listMessages(ids.CHANNEL_ID)).error.code, 'network_failure')

  assert.deepEqual(statuses, ['connecting', 'polling', 'connecting', 'live'])
})
