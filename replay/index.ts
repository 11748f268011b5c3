// The way back: an entity as it was, its history and differences, lists, and the verification of the whole.
export { compare, type Comparison, type Point } from './compare.ts'
export { diff, type Change } from './diff.ts'
export { history, historyPage, type HistoryPage } from './history.ts'
export { readRoutes } from './http.ts'
export { listPage, type ListAsked, type ListPage } from './list-page.ts'
export { show, type Asked, type Question, type Shown } from './show.ts'
export { verify, type Check, type Checked, type Difference, type Progress, type VerifyOptions } from './verify.ts'
export { verifyApart, type VerifyApartOptions } from './verify-apart.ts'
