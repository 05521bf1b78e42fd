/** The tables of the conformance page in the order of the specification they mirror. */
import type { Section } from './entry.ts';
import { assignmentTests } from './checklist/assignment-tests.ts';
import { coordinatorTests } from './checklist/coordinator-tests.ts';
import { failureTests } from './checklist/failure-tests.ts';
import { neighbourTests } from './checklist/neighbour-tests.ts';
import { packageTests } from './checklist/package-tests.ts';
import { requestTests } from './checklist/request-tests.ts';
import { statisticsTests } from './checklist/statistics-tests.ts';
import { storageTests } from './checklist/storage-tests.ts';
import { storeTests } from './checklist/store-tests.ts';
import { availabilityRequirements } from './requirements/availability.ts';
import { completionRequirements } from './requirements/completion.ts';
import { configurationRequirements } from './requirements/configuration.ts';
import { failuresRequirements } from './requirements/failures.ts';
import { inFlightRequirements } from './requirements/in-flight.ts';
import { restoreRequirements } from './requirements/restore.ts';
import { statisticsRequirements } from './requirements/statistics.ts';
import { storageRequirements } from './requirements/storage.ts';
import { triggeringRequirements } from './requirements/triggering.ts';

export const requirements: readonly Section[] = [
  ...configurationRequirements,
  ...triggeringRequirements,
  ...inFlightRequirements,
  ...completionRequirements,
  ...failuresRequirements,
  ...restoreRequirements,
  ...statisticsRequirements,
  ...storageRequirements,
  ...availabilityRequirements,
];

export const checklist: readonly Section[] = [
  ...coordinatorTests,
  ...requestTests,
  ...failureTests,
  ...storeTests,
  ...assignmentTests,
  ...statisticsTests,
  ...storageTests,
  ...packageTests,
  ...neighbourTests,
];
