// An answer, for as long as somebody waits for it.

/** Throws what `late` makes once the time is over, the signal's reason when that comes first, and what the work throws. The work itself goes on. */
export async function inTime<Result>(
  work: Promise<Result>,
  timeoutMs: number,
  late: (timeoutMs: number) => Error,
  signal?: AbortSignal,
): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(late(timeoutMs)), timeoutMs)
  const abort = (): void => reject(signal?.reason)
  signal?.addEventListener('abort', abort)
  // Whoever comes second is not waited for, and its failure is nobody's.
  work.catch(() => undefined)
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
}
