// `GET /api/messages/list`: a page of a channel, through the edge function and as the caller.
import type { NextApiRequest, NextApiResponse } from 'next'
import { answer, caller, method, text } from '../../../lib/server'
import { listMessages } from '../../../services/socialMessages'

export default async function list(req: NextApiRequest, res: NextApiResponse): Promise<void> {
  if (!method(req, res, 'GET')) return
  const asking = await caller(req, res)
  if (!asking) return
  const { channel_id, limit, since, before } = req.query
  const page = await listMessages(text(channel_id) ?? '', {
    accessToken: asking.accessToken,
    ...(limit !== undefined && { limit: Number(text(limit)) }),
    ...(since !== undefined && { since: text(since) }),
    ...(before !== undefined && { before: text(before) }),
  })
  answer(res, page, 200, { next_cursor: page.nextCursor })
}
