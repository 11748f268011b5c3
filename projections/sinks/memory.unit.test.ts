import { sinkContract } from './contract.testing.ts'
import { memorySink } from './memory.ts'

const sink = memorySink()
sinkContract('memory', () => sink)
