import type { Language } from '#machine/progress.ts';

/** What the range says to people while it comes up. */
export type RangeTexts = {
  shop: string;
  images: string;
  rollout: string;
  monitoring: string;
  settling: string;
};

const texts: Record<Language, RangeTexts> = {
  en: {
    shop: 'Shop',
    images: 'images',
    rollout: 'services are starting',
    monitoring: 'Prometheus and Alertmanager',
    settling: 'waiting until all is quiet',
  },
  zh: {
    shop: '演练商店',
    images: '镜像',
    rollout: '服务启动中',
    monitoring: 'Prometheus 与 Alertmanager',
    settling: '等待系统平稳',
  },
};

export function rangeTexts(language: Language): RangeTexts {
  return texts[language];
}
