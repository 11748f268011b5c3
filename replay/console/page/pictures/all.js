// Every picture, in the order of the tabs: a file each, and a line here.
import { barsPicture } from './bars.js'
import { executionPicture } from './execution.js'
import { pnlPicture } from './pnl.js'
import { positionsPicture } from './positions.js'
import { ticketsPicture } from './tickets.js'

/** @import {Picture} from '../types.ts' */

/** @type {readonly [Picture, ...Picture[]]} */
export const pictures = [pnlPicture, positionsPicture, executionPicture, ticketsPicture, barsPicture]
