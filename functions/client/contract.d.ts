// Made by checks/make-types.mjs from functions/openapi.json and supabase/rank_required_rpcs.json.

/**
 * Stable: what a client switches on. functions/README.md says of each who is to blame, and what helps.
 */
export type ProblemCode =
  | 'malformed_request'
  | 'auth_required'
  | 'invalid_token'
  | 'token_expired'
  | 'not_a_user_token'
  | 'session_revoked'
  | 'guest_not_allowed'
  | 'not_channel_member'
  | 'not_room_owner'
  | 'forbidden'
  | 'room_not_found'
  | 'function_not_found'
  | 'method_not_allowed'
  | 'client_message_id_reused'
  | 'slot_version_conflict'
  | 'match_instance_conflict'
  | 'payload_too_large'
  | 'unsupported_media_type'
  | 'invalid_parameter'
  | 'invalid_slot_template'
  | 'game_mismatch'
  | 'empty_roster'
  | 'invalid_roster'
  | 'rate_limited'
  | 'refused_by_project'
  | 'misconfigured'
  | 'upstream_misconfigured'
  | 'configuration_unavailable'
  | 'key_set_unavailable'
  | 'rpc_contract_mismatch'
  | 'upstream_unavailable'
  | 'upstream_failed'
  | 'feature_disabled'
  | 'deadline_exceeded'
  | 'outcome_unknown'

/**
 * What was said, by whom and when.
 */
export interface Message {
  /**
   * In its canonical form, with hyphens.
   */
  id: string
  /**
   * In its canonical form, with hyphens.
   */
  channel_id: string
  /**
   * Null once the account is gone.
   */
  sender_id: string | null
  /**
   * Not only of blank characters. Stored in Unicode's normal form C, in which it has at most 4000 characters.
   */
  body: string
  /**
   * The key that it was sent with, if any.
   */
  client_message_id: string | null
  /**
   * With microseconds: the order of messages is that of (inserted_at, id).
   */
  inserted_at: string
}
/**
 * A match, ready to be played. The version of the template makes a second attempt a replay.
 */
export interface Staging {
  /**
   * In its canonical form, with hyphens.
   */
  room_id: string
  /**
   * In its canonical form, with hyphens.
   */
  game_id: string
  /**
   * In its canonical form, with hyphens.
   */
  match_instance_id: string
  /**
   * Who plays, by slot.
   *
   * @minItems 1
   * @maxItems 64
   */
  roster: RosterEntry[]
  slot_template: SlotTemplate
}
/**
 * Who takes a slot.
 */
export interface RosterEntry {
  /**
   * The slot of the template.
   */
  slot_index: number
  /**
   * The role of that slot.
   */
  role: string
  /**
   * The slot of the room with this index.
   */
  slot_id?: string | null
  /**
   * Who plays: somebody who occupies a slot of the room, or, as a stand-in, a participant of the game. Only a stand-in may be without.
   */
  owner_id?: string | null
  /**
   * A hero of the owner.
   */
  hero_id?: string | null
  /**
   * Not given is false.
   */
  ready?: boolean | null
  /**
   * Since when.
   */
  joined_at?: string | null
  status?: string | null
  /**
   * Not given is false.
   */
  standin?: boolean | null
  match_source?: string | null
}
/**
 * Which slots there are.
 */
export interface SlotTemplate {
  /**
   * The later of two stagings of a room has the larger one.
   */
  version: number
  /**
   * Not given is `room-stage`.
   */
  source?: string | null
  /**
   * Not given is now.
   */
  updated_at?: string | null
  /**
   * Each role once, with the number of its active slots.
   *
   * @minItems 1
   * @maxItems 64
   */
  roles: Role[]
  /**
   * At least one is active.
   *
   * @minItems 1
   * @maxItems 64
   */
  slots: Slot[]
}
/**
 * A role, and how many active slots it has.
 */
export interface Role {
  /**
   * Without the blanks around it.
   */
  name: string
  /**
   * How many active slots have this role.
   */
  slot_count: number
}
/**
 * A place in the match.
 */
export interface Slot {
  /**
   * Not given is the position in the array.
   */
  slot_index?: number | null
  /**
   * Needed on an active slot.
   */
  role?: string | null
  /**
   * Not given is true.
   */
  active?: boolean | null
}
/**
 * What was staged.
 */
export interface StagedMatch {
  /**
   * How many entries the roster has.
   */
  inserted_count: number
  slot_template_version: number
  slot_template_updated_at: string
  /**
   * The roles of the template.
   */
  role_counts: RoleCount[]
  /**
   * Whether this version was staged before, with the same content: then nothing was changed.
   */
  replayed: boolean
}
/**
 * A role of the template.
 */
export interface RoleCount {
  role_name: string
  declared_slot_count: number
  active_slot_count: number
}

export interface RenewedOverlay {
  session_id: string
  version: number
  expires_at: string
  server_time: string
}

export interface EndedSession {
  session_id: string
  ended_count: number
  server_time: string
}

export type ServersReason = 'ttl' | 'ended'
