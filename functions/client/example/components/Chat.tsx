import { useMessages } from 'lockstep-client/react'
import { useEffect, useRef, useState, type FormEvent } from 'react'

const WORDS = { connecting: 'Connecting …', live: 'Live', polling: 'Looking for messages now and then', refused: '' }

export function Chat({ channelId }: { channelId: string }) {
  const { messages, pending, status, error, hasOlder, loadingOlder, loadOlder, send, retry, discard } = useMessages(channelId)
  const [draft, setDraft] = useState('')
  const list = useRef<HTMLOListElement>(null)
  const newest = pending.at(-1)?.key ?? messages.at(-1)?.id

  useEffect(() => {
    list.current?.scrollTo(0, list.current.scrollHeight)
  }, [newest])

  function submit(event: FormEvent) {
    event.preventDefault()
    if (!draft.trim()) return
    send(draft)
    setDraft('')
  }

  return (
    <section aria-label="Chat">
      <p role="status">{WORDS[status] || error?.message}</p>
      {hasOlder && (
        <button onClick={loadOlder} disabled={loadingOlder}>
          Older messages
        </button>
      )}
      <ol aria-label="Messages" ref={list}>
        {messages.map(({ id, body }) => (
          <li key={id}>{body}</li>
        ))}
        {pending.map(({ key, body, state, error }) => (
          <li key={key}>
            {body} <em>{state === 'sending' ? 'sending …' : error?.message}</em>
            {state === 'failed' && (
              <>
                <button onClick={() => retry(key)}>Try again</button>
                <button onClick={() => discard(key)}>Discard</button>
              </>
            )}
          </li>
        ))}
      </ol>
      <form onSubmit={submit}>
        <input aria-label="Message" value={draft} onChange={(event) => setDraft(event.target.value)} maxLength={4000} />
        <button disabled={status === 'refused'}>Send</button>
      </form>
    </section>
  )
}
