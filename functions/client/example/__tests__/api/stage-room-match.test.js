// Staging fails where an RPC is absent, and goes the old way where the function is switched off, and only there.
import { ADA, call, upstream } from './upstream'
import { debugCollector } from '../../lib/debugCollector'
import stage from '../../pages/api/rank/stage-room-match'

const match = { room_id: 'r', game_id: 'g', match_instance_id: 'i', roster: [], slot_template: { version: 7, roles: [], slots: [] } }
const post = () => call(stage, { method: 'POST', body: match })
const OFF = [503, { code: 'feature_disabled', message: 'off' }]
const ABSENT = [404, { code: 'PGRST202', message: 'Could not find the function' }]
const names = (seen) => seen.map(({ name }) => name)

test('a match is staged by the function', async () => {
  const seen = upstream({ 'stage-room-match': [200, { inserted_count: 1 }] })

  expect(await post()).toMatchObject({ status: 200, body: { data: { inserted_count: 1 } } })
  expect(seen[1].body).toEqual(match)
  expect(names(seen)).toEqual(['user', 'stage-room-match'])
})

test.each([[503, 'rpc_contract_mismatch'], [503, 'upstream_unavailable'], [403, 'not_room_owner'], [422, 'invalid_roster']])('%d %s is said, and nothing else is tried', async (status, code) => {
  const seen = upstream({ 'stage-room-match': [status, { code, message: 'm' }] })

  expect(await post()).toMatchObject({ status, body: { error: code } })
  expect(names(seen)).toEqual(['user', 'stage-room-match'])
})

test('a function that is switched off leaves the old way, which is watched', async () => {
  const row = { inserted_count: 1, slot_template_version: 7 }
  const seen = upstream({ 'stage-room-match': OFF, verify_rank_roles_and_slots: [200, []], sync_rank_match_roster: [200, row] })
  debugCollector.records.length = 0

  expect(await post()).toMatchObject({ status: 200, body: { data: row } })
  expect(names(seen)).toEqual(['user', 'stage-room-match', 'verify_rank_roles_and_slots', 'sync_rank_match_roster'])
  expect(seen[3].body).toMatchObject({ p_room_id: 'r', p_request_owner_id: ADA, p_slot_template_version: 7 })
  expect(debugCollector.records.map(({ functionName, error }) => [functionName, error?.code])).toEqual([
    ['stage-room-match', 'feature_disabled'], ['verifyRolesAndSlots', undefined], ['syncMatchRoster', undefined],
  ])
})

test.each([
  ['verify_rank_roles_and_slots', { verify_rank_roles_and_slots: ABSENT }],
  ['sync_rank_match_roster', { verify_rank_roles_and_slots: [200, []], sync_rank_match_roster: ABSENT }],
])('the old way fails where %s is absent', async (_, rpcs) => {
  upstream({ 'stage-room-match': OFF, ...rpcs })

  expect(await post()).toMatchObject({ status: 503, body: { error: 'rpc_contract_mismatch' } })
})

test.each([['room_owner_mismatch', 403], ['room_not_found', 404], ['slot_version_conflict', 409], ['invalid_slots', 422]])('what the old way refuses as %s is %d', async (message, status) => {
  upstream({ 'stage-room-match': OFF, verify_rank_roles_and_slots: [400, { code: 'P0001', message, details: 'd' }] })

  expect(await post()).toMatchObject({ status, body: { error: message, details: 'd' } })
})
