// One line per view; index.ts finds them here.
export { versions } from './versions.ts'
