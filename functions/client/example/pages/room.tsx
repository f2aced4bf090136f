// A room: its messages as they arrive, and the overlay of the match that was staged in it.
import { useEffect, useState } from 'react'
import type { Message } from 'lockstep-client'
import { lockstep, overlay, useActiveSession, useOverlay } from '../lib/browser'

/** What a match is staged with (functions/stage-room-match): the room, the roster, and the slot template. */
type Props = { channelId: string; match: { slot_template: { version: number } & object } & object }

export default function Room({ channelId, match }: Props) {
  useOverlay()
  const session = useActiveSession()
  const [messages, setMessages] = useState<Message[]>([])
  const [draft, setDraft] = useState('')
  const [problem, setProblem] = useState<string | null>(null)

  useEffect(
    () =>
      lockstep.subscribeMessages(
        channelId,
        (arrived) => {
          overlay.check()
          setMessages((earlier) => [...earlier, ...arrived.filter(({ id }) => !earlier.some((each) => each.id === id))])
        },
        { onError: (error) => setProblem(error.message) },
      ),
    [channelId],
  )

  async function send() {
    const { error } = await lockstep.sendMessage(channelId, draft)
    setProblem(error && error.message)
    if (!error) setDraft('')
  }

  async function stage() {
    const { data, error } = await lockstep.stageRoomMatch(match)
    setProblem(error && error.message)
    // Each player is told; whoever staged need not wait for that.
    if (data) await overlay.refresh()
  }

  return (
    <main>
      <ol>
        {messages.map((message) => (
          <li key={message.id}>{message.body}</li>
        ))}
      </ol>
      <input value={draft} onChange={(event) => setDraft(event.target.value)} />
      <button onClick={send}>Send</button>
      <button onClick={stage}>Stage</button>
      {problem && <p role="alert">{problem}</p>}
      {session && (
        <aside>
          <p>Match {session.sessionId} is on.</p>
          <button onClick={() => overlay.renew()}>Stay</button>
          <button onClick={() => overlay.end()}>End it</button>
        </aside>
      )}
    </main>
  )
}
