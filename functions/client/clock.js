// The server's clock, as this machine can tell it. It is here because the machine's own may be minutes wrong, or be set
// while the page is open, and because a steady clock may sleep with the machine.

/** More than what timers and rounding explain. */
const DRIFT = 1000

export function serverClock(env) {
  let server, steady, wall

  /** How much further than the steady clock the machine's one has gone: it was set, or the steady one slept. */
  const drift = () => env.now() - wall - (env.clock() - steady)

  return {
    /** Before the server was asked, and so after each reload, there is only the machine's clock. */
    now: () => (server ? server + env.clock() - steady : env.now()),
    synced: () => server,
    disturbed: () => Math.abs(drift()) > DRIFT,
    /** The server looked at its clock somewhere between question and answer; halfway is the best guess. */
    set(time, asked) {
      const ago = (env.clock() - asked) / 2
      server = Date.parse(time) || server
      steady = asked + ago
      wall = env.now() - ago
    },
    /** The server cannot be asked: assume that the machine slept, so that nothing is shown for too long. */
    assumeSleep() {
      const slept = Math.max(drift(), 0)
      server += slept
      wall += slept
    },
  }
}
