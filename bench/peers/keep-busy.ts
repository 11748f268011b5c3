// Many at once: so many calls in flight for some seconds; how many of them were done, and what that took.

export interface Work {
  readonly inFlight: number
  readonly seconds: number
  /** What the database has computed so far. */
  readonly cpuSeconds: () => Promise<number>
}

export interface Done {
  readonly count: number
  readonly perSecond: number
  /** Computed for each call, in this process and in PostgreSQL. */
  readonly clientMicros: number
  readonly serverMicros: number
}

/** Calls `one` with 0, 1, 2 …, as long as it gives work and the time is not up; then waits for what is in flight. */
export async function keepBusy({ inFlight, seconds, cpuSeconds }: Work, one: (n: number) => Promise<unknown> | undefined): Promise<Done> {
  const serverBefore = await cpuSeconds()
  const clientBefore = process.cpuUsage()
  const started = performance.now()
  const passed = (): number => (performance.now() - started) / 1000
  let next = 0
  let count = 0
  const worker = async (): Promise<void> => {
    while (passed() < seconds) {
      const work = one(next++)
      if (!work) return
      await work
      count++
    }
  }
  await Promise.all(Array.from({ length: inFlight }, worker))
  const perSecond = count / passed()
  const { user, system } = process.cpuUsage(clientBefore)
  const server = (await cpuSeconds()) - serverBefore
  return { count, perSecond, clientMicros: (user + system) / count, serverMicros: (server * 1e6) / count }
}
