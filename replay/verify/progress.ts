// How far a verification is: every version is looked at twice, once in its entity's history and once in its partition's feed.

export interface Progress {
  /** Versions looked at, of those that there were at the beginning; half a version each time. */
  readonly versions: number
  readonly total: number
  readonly versionsPerSecond: number
  /** Undefined: nothing was done yet to tell it by. */
  readonly secondsLeft: number | undefined
}

export interface Progressing {
  looked(rows: number): void
  readonly now: Progress
}

const PASSES = 2

/** `seconds` is a clock. */
export function progressing(total: number, seconds: () => number): Progressing {
  const began = seconds()
  let looks = 0
  return {
    looked(rows) {
      looks += rows
    },
    get now() {
      const versions = Math.min(total, Math.floor(looks / PASSES))
      const passed = seconds() - began
      const rate = passed > 0 ? looks / PASSES / passed : 0
      return {
        versions,
        total,
        versionsPerSecond: Math.round(rate),
        secondsLeft: rate > 0 ? Math.ceil((total - versions) / rate) : undefined,
      }
    },
  }
}
