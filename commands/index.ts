// The way in, as a library: every command with its decider, the form commands are sent in, and the submitter that hands them to a ledger.
export type { Asked, CommandDefinition, Decision, Lookup, Rejection } from './command.ts'
export type { Problem, ProblemCode } from './problem.ts'
export { rejections, type RejectionCode } from './rejection.ts'
export { commandNamed, commands } from './registry.ts'
export { failed, type Answer, type Done, type Receipt } from './submit/answer.ts'
export { isProblem, parseLine, type Envelope, type Submission } from './submit/parse.ts'
export { submitter, type Submitter } from './submit/submitter.ts'
