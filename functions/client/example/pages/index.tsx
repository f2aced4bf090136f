// A room: who is signed in, its messages as they arrive, and the overlay of the match that was staged in it.
import { createClient, type Session } from '@supabase/supabase-js'
import { LockstepProvider, once } from 'lockstep-client/react'
import type { GetServerSideProps } from 'next'
import { useEffect, useState } from 'react'
import { Chat } from '../components/Chat'
import { Match } from '../components/Match'
import { SignIn } from '../components/SignIn'
import { settings, type Settings } from '../lib/settings'

export const getServerSideProps: GetServerSideProps<Settings> = async () => ({ props: settings() })

export default function Room(props: Settings) {
  const [supabase] = useState(() => once('supabase', () => createClient(props.url, props.publishableKey)))
  const [session, setSession] = useState<Session | null>(null)
  useEffect(() => {
    const { data } = supabase.auth.onAuthStateChange((_event, next) => setSession(next))
    return () => data.subscription.unsubscribe()
  }, [supabase])

  return (
    <LockstepProvider supabase={supabase}>
      <main>
        <SignIn supabase={supabase} email={session?.user.email ?? null} />
        <Chat channelId={props.channelId} />
        <Match settings={props} />
      </main>
    </LockstepProvider>
  )
}
