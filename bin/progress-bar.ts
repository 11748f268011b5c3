// Promises: a progress bar on stderr where that is a terminal, and nothing anywhere else.

import { Presets, SingleBar } from 'cli-progress'

export interface ProgressBar {
  /** `note` stands behind the bar: a rate, what is left. */
  update(done: number, total: number, note: string): void
  stop(): void
}

const FRAMES_PER_SECOND = 10
const SILENT: ProgressBar = { update: () => undefined, stop: () => undefined }

export function progressBar(label: string): ProgressBar {
  if (!process.stderr.isTTY) return SILENT
  const bar = new SingleBar(
    { format: `${label} [{bar}] {percentage}%  {note}`, stream: process.stderr, fps: FRAMES_PER_SECOND, hideCursor: true, linewrap: null },
    Presets.legacy,
  )
  let running = false
  return {
    update(done, total, note) {
      if (!running) bar.start(total, done, { note })
      running = true
      bar.setTotal(total)
      bar.update(done, { note })
    },
    stop() {
      if (running) bar.stop()
      running = false
    },
  }
}

const SECONDS_PER_MINUTE = 60

/** `1:05`. */
export function clockText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  return `${Math.floor(whole / SECONDS_PER_MINUTE)}:${String(whole % SECONDS_PER_MINUTE).padStart(2, '0')}`
}
