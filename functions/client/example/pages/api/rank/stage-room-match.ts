// `POST /api/rank/stage-room-match`: stage a match, through the edge function and as the caller. An RPC that is absent is a
// deploy that went wrong, and is said to be one; only a function that is switched off has the old way to fall back to.
import type { NextApiRequest, NextApiResponse } from 'next'
import type { Staging } from 'lockstep-client'
import { db } from '../../../lib/rank/db'
import { answer, caller, json, method, refuse, server } from '../../../lib/server'

/** What the function takes. */
const LIMIT = 256 * 1024
/** PostgREST's and PostgreSQL's codes for a function that is not there, or is there twice. */
const ABSENT = ['PGRST202', 'PGRST203', '42883', '42725']
/** What the old RPCs raise. */
const STATUS: Record<string, number> = { room_not_found: 404, room_owner_mismatch: 403, slot_version_conflict: 409 }

export const config = { api: { bodyParser: false } }

export default async function stage(req: NextApiRequest, res: NextApiResponse): Promise<void> {
  if (!method(req, res, 'POST')) return
  const asking = await caller(req, res)
  const match = asking && (await json(req, res, LIMIT))
  if (!match) return
  const staged = await server().lockstep.stageRoomMatch(match as Staging, { accessToken: asking.accessToken })
  if (staged.error?.code === 'feature_disabled') await asBefore(res, match, asking.userId)
  else answer(res, staged, 200)
}

async function asBefore(res: NextApiResponse, match: Record<string, any>, userId: string): Promise<void> {
  const template = match.slot_template ?? {}
  const verified = await db.verifyRolesAndSlots({ roles: template.roles, slots: template.slots })
  const synced = verified.error ? verified : await db.syncMatchRoster({ ...match, slot_template: template, owner_id: userId } as any)
  const { error, status } = synced
  if (!error) return res.status(200).json({ data: synced.data })
  if (ABSENT.includes(error.code)) {
    return refuse(res, { status: 503, code: 'rpc_contract_mismatch', message: 'The database lacks an RPC that this route needs' })
  }
  // What is raised without a code of its own is the caller's; anything else is the database's.
  const raised = error.code === 'P0001'
  const code = raised ? error.message : 'upstream_failed'
  refuse(res, { status: raised ? (STATUS[code] ?? 422) : status >= 500 ? status : 503, code, message: code, details: error.details })
}
