// `POST /api/messages/send`: post a message, through the edge function and as the caller.
import type { NextApiRequest, NextApiResponse } from 'next'
import { answer, bearer, lockstep, refuse } from '../../../lib/server'

export default async function send(req: NextApiRequest, res: NextApiResponse): Promise<void> {
  if (req.method !== 'POST') {
    res.setHeader('Allow', 'POST')
    return refuse(res, { status: 405, code: 'method_not_allowed', message: 'Use POST' })
  }
  const accessToken = await bearer(req, res)
  if (!accessToken) return
  const { channel_id, body, text, client_message_id } = req.body ?? {}
  const key = client_message_id ?? req.headers['idempotency-key']
  const sent = await lockstep.sendMessage(channel_id, { body: body ?? text }, { accessToken, ...(key && { idempotencyKey: key }) })
  // The key goes back with a failure, too, so that the browser can try again without saying it twice.
  if (sent.error) res.setHeader('Idempotency-Key', sent.idempotencyKey)
  answer(res, sent, 201, { client_message_id: sent.idempotencyKey })
}
