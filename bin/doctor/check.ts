// What the doctor looks at, and what it finds: ok, a warning, or a failure, and then what to do.

export interface Finding {
  readonly status: 'ok' | 'warn' | 'fail'
  readonly detail: string
  /** What to do about it, unless it is ok. */
  readonly advice?: string
}

export interface CheckResult extends Finding {
  readonly check: string
}

export const ok = (detail: string): Finding => ({ status: 'ok', detail })
export const warn = (detail: string, advice: string): Finding => ({ status: 'warn', detail, advice })
export const fail = (detail: string, advice: string): Finding => ({ status: 'fail', detail, advice })

/** A check that can not be made is a warning, not the end of the others. */
export async function checked(check: string, look: () => Promise<Finding> | Finding): Promise<CheckResult> {
  try {
    return { check, ...(await look()) }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return { check, ...warn(`could not be checked: ${reason}`, "run it as the database's owner or a superuser to see it") }
  }
}
