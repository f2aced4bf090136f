// `GET /api/messages/list`: a page of a channel, through the edge function and as the caller.
import type { NextApiRequest, NextApiResponse } from 'next'
import { answer, bearer, lockstep, refuse, text } from '../../../lib/server'

export default async function list(req: NextApiRequest, res: NextApiResponse): Promise<void> {
  if (req.method !== 'GET') {
    res.setHeader('Allow', 'GET')
    return refuse(res, { status: 405, code: 'method_not_allowed', message: 'Use GET' })
  }
  const accessToken = await bearer(req, res)
  if (!accessToken) return
  const { channel_id, limit, since, before } = req.query
  const page = await lockstep.listMessages(text(channel_id) ?? '', {
    accessToken,
    ...(limit !== undefined && { limit: Number(text(limit)) }),
    ...(since !== undefined && { since: text(since)! }),
    ...(before !== undefined && { before: text(before)! }),
  })
  answer(res, page, 200, { next_cursor: page.nextCursor })
}
