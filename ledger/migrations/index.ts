// Every step from schema version 1 on, oldest first. schema.sql makes the newest version at once: whoever adds a step changes both.
import type { Step } from './step.ts'

export type { Step } from './step.ts'

export const steps: readonly Step[] = []
