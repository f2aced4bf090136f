import type { SupabaseClient } from '@supabase/supabase-js'
import { useState, type FormEvent } from 'react'

export function SignIn({ supabase, email }: { supabase: SupabaseClient; email: string | null }) {
  const [problem, setProblem] = useState<string | null>(null)

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const fields = new FormData(event.currentTarget)
    const { error } = await supabase.auth.signInWithPassword({
      email: String(fields.get('email')),
      password: String(fields.get('password')),
    })
    setProblem(error?.message ?? null)
  }

  return (
    <section aria-label="Account">
      {email ? (
        <p>
          Signed in as {email}. <button onClick={() => supabase.auth.signOut({ scope: 'local' })}>Sign out</button>
        </p>
      ) : (
        <p>Nobody is signed in.</p>
      )}
      <form onSubmit={submit}>
        <input name="email" type="email" aria-label="E-mail" autoComplete="username" required />
        <input name="password" type="password" aria-label="Password" autoComplete="current-password" required />
        <button>Sign in</button>
      </form>
      {problem && <p role="alert">{problem}</p>}
    </section>
  )
}
