export { createRecordFile, failureOf, openRecordFile, type FileFailure, type TallyRecord } from './record-file.js';
export { EMPTY_TALLY, TalliedWriter, type Records, type Tally } from './tally.js';
