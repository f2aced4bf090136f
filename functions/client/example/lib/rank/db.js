// The application's own access to the rank tables, as it was before the edge functions; each call is reported to
// debugCollector. It goes when `feature_disabled` can no longer come.
import { createClient } from '@supabase/supabase-js'
import { traced } from 'lockstep-client'
import { debugCollector } from '../debugCollector'
import { required } from '../server'

const service = () =>
  createClient(required('NEXT_PUBLIC_SUPABASE_URL'), required('SUPABASE_SERVICE_ROLE_KEY'), { auth: { persistSession: false } })

const access = {
  verifyRolesAndSlots: ({ roles, slots }) =>
    service().rpc('verify_rank_roles_and_slots', { p_roles: roles, p_slots: slots }),

  syncMatchRoster: (match) =>
    service()
      .rpc('sync_rank_match_roster', {
        p_room_id: match.room_id,
        p_game_id: match.game_id,
        p_match_instance_id: match.match_instance_id,
        p_request_owner_id: match.owner_id,
        p_roster: match.roster,
        p_slot_template_version: match.slot_template.version,
        p_slot_template_source: match.slot_template.source ?? null,
        p_slot_template_updated_at: match.slot_template.updated_at ?? null,
      })
      .single(),
}

export const db = traced(access, (record) => debugCollector.push(record))
