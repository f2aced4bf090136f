import { useActiveSession, useStageMatch } from 'lockstep-client/react'
import { match } from '../lib/match'
import type { Settings } from '../lib/settings'

export function Match({ settings }: { settings: Settings }) {
  const { session, secondsLeft, renew, end } = useActiveSession()
  const { stage, staging, error } = useStageMatch()

  return (
    <section aria-label="Match">
      <button onClick={() => stage(match(settings))} disabled={staging}>
        Stage a match
      </button>
      {error && <p role="alert">{error.message}</p>}
      {session && (
        <aside aria-label="Overlay">
          <p>A match is on, for {secondsLeft} s.</p>
          <button onClick={() => renew()}>Stay</button>
          <button onClick={() => end()}>End it</button>
        </aside>
      )}
    </section>
  )
}
