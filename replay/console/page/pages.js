// Every page, in the order of the navigation: a file each, and a line here.
import { diffPage } from './pages/diff.js'
import { entityPage } from './pages/entity.js'
import { feedPage } from './pages/feed.js'
import { findPage } from './pages/find.js'
import { healthPage } from './pages/health.js'
import { picturesPage } from './pages/pictures.js'
import { projectionsPage } from './pages/projections.js'

/** @import {Page} from './types.ts' */

/** The first one is where the console begins. @type {readonly [Page, ...Page[]]} */
export const pages = [findPage, entityPage, diffPage, feedPage, picturesPage, projectionsPage, healthPage]
