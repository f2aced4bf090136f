// What compiles and what must not. Nothing here runs.
import { createClient } from '@supabase/supabase-js'
import { createClient as createOldest } from 'supabase-js-minimum'
import { createLockstep, createOverlayStore, LockstepError, type Reason, type Staging, type Status } from '../index.js'
import { createFakeProject } from '../testing.js'

createLockstep(createOldest('', ''))
createOverlayStore(createOldest('', ''))
createLockstep(createFakeProject({ people: { 'ada@example.com': 'id' } }).createClient())
const lockstep = createLockstep(createClient('', ''), { timeout: 5000 })
const overlay = createOverlayStore(createClient('', ''), { accessToken: async () => 'token', onStatus: (_status: Status) => {} })

const { data, error } = await lockstep.sendMessage('', 'hello')
if (error?.code === 'not_channel_member' || error?.code === 'timeout') console.log(error.stack)
// @ts-expect-error a misspelt code
if (error?.code === 'not_chanel_member') console.log()
if (!error) console.log(data.body)
// @ts-expect-error there may be no data
console.log(data.body)
const sent = await lockstep.sendMessage('', 'hello').throwOnError()
console.log(sent.data.body, sent.idempotencyKey)
if (error instanceof LockstepError) console.log(error.retryAfter)

const staging: Staging = {
  room_id: '', game_id: '', match_instance_id: '',
  roster: [{ slot_index: 0, role: 'attack' }],
  slot_template: { version: 1, roles: [{ name: 'attack', slot_count: 1 }], slots: [{ role: 'attack' }] },
}
await lockstep.stageRoomMatch(staging)
// @ts-expect-error no room
await lockstep.stageRoomMatch({ ...staging, room_id: undefined })
// @ts-expect-error no such field
await lockstep.stageRoomMatch({ ...staging, rooom: '' })

overlay.subscribe((_session, reason) => {
  if (reason === 'ttl') overlay.check()
})
// @ts-expect-error no such reason
const reason: Reason = 'expierd'
// @ts-expect-error no such status
const status: Status = 'up'
console.log(reason, status)
