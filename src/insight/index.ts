/** What is seen by counting and comparing: detectors over the ledger, and the queue for review. */
export { type Access, accessOf } from './access.ts';
export { ACCESS_REVIEW_LIMITS, type AccessReview } from './access-review.ts';
export { type AccessReviews, createAccessReviews } from './access-reviews.ts';
export { type AnomalyRules, lateAnomalyRules, readAnomalyRules } from './anomaly-rules.ts';
export {
  authorityClock,
  type BreachReport,
  type BreachScope,
  breachOf,
  type TouchedPerson,
} from './breach-drill.ts';
export { authorityNotice, letterFile, personNotice } from './breach-text.ts';
export {
  type CaseBook,
  type CaseFlag,
  type CaseReview,
  type Coverage,
  createCaseBook,
  type Reviewable,
  type ReviewCase,
  type Verdict,
} from './case-book.ts';
export { casesOf } from './cases.ts';
export { caseCheck } from './check-cases.ts';
export { runCheck } from './check-runs.ts';
export { createDetectors, type Flag } from './detect.ts';
export { figureCheck } from './figures/check-figures.ts';
export { AGE_BANDS, SEXES } from './figures/cohort-set.ts';
export { FIGURE_LIMITS } from './figures/disclosure-guard.ts';
export { ageBand, FIGURE_METHOD, figureCsv, figureDigest } from './figures/figure-file.ts';
export { createFigures, type Figure, type Figures } from './figures/figures.ts';
export { readMeasures } from './figures/measures.ts';
export {
  createLineQuestions,
  type LineQuestion,
  type LineQuestions,
  officerOf,
} from './line-questions.ts';
export { askPartnerLogs, type PartnerLogs } from './partner-logs.ts';
export { createReviewFacts } from './review-facts.ts';
export { createReviewer, type ReviewRun, reviewRuns } from './review-run.ts';
export { SEALED_BY_INSIGHT } from './sealed-rows.ts';
export { NOTHING_KNOWN, type Surroundings } from './surroundings.ts';
