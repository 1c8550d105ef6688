import { failsRarely, hasEndpoints, isAskedAgain } from './checks.ts';
import { editService } from './cluster-change.ts';
import { defineFault, everyLevel } from './fault.ts';

/** Somebody tidied up the labels that the Service asks for, but not those of the pods. */
export const wrongSelector = defineFault({
  name: 'wrong-selector',
  title: { en: 'A Service that selects no pod', zh: 'Service 选择器错误' },
  declare: {
    object: { kind: 'Service', of: 'catalog' },
    causes: ['service.selector-mismatch'],
    mendBy: ['patch'],
    verifiedWhen: [hasEndpoints('catalog'), isAskedAgain('catalog'), failsRarely('storefront')],
  },
  levels: everyLevel,
  changes: (names) => [
    editService(names, 'catalog', { selector: { 'app.kubernetes.io/component': 'backend' } }),
  ],
});
