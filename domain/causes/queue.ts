import { defineCauses } from './define-causes.ts';

const carriers = ['Queue', 'StatefulSet', 'Deployment', 'CloudResource'] as const;

export const queueCauses = defineCauses('queue', {
  'broker-down': {
    title: { en: 'A broker is down', zh: '消息队列 Broker 宕机' },
    kinds: [...carriers, 'Pod'],
    proves: [
      'broker count falls; "Connection to node -1 could not be established", "Broker may not be available", AMQP connection refused',
      'its pod, unit or target is down',
    ],
    excludes: ['all brokers are in the metadata and answer'],
    fixes: ['scale', 'rollout-restart', 'delete-pod', 'rollout-undo'],
  },
  'consumer-lag': {
    title: { en: 'Consumers lag behind', zh: '消息积压（消费延迟）' },
    kinds: ['Deployment', 'StatefulSet', 'Queue'],
    proves: [
      'lag of one group grows for 15 minutes; consumed rate below produced rate',
      'members left the group or rebalance again and again; consumers slow, throwing or scaled down',
    ],
    excludes: ['lag falls', 'partitions are offline: then that is the cause'],
    fixes: ['scale', 'rollout-restart', 'rollout-undo'],
  },
  'partition-offline': {
    title: { en: 'Partitions have no leader', zh: '分区离线（无 Leader）' },
    kinds: ['Queue', 'StatefulSet', 'CloudResource'],
    proves: [
      'offline partitions above 0, leader -1, "LEADER_NOT_AVAILABLE", "NotLeaderForPartitionException" that stays',
    ],
    excludes: ['every partition has a leader'],
    fixes: ['rollout-restart', 'scale', 'delete-pod'],
  },
  'under-replicated': {
    title: { en: 'Partitions are under-replicated', zh: '副本不足（ISR 收缩）' },
    kinds: ['Queue', 'StatefulSet', 'CloudResource'],
    proves: [
      'under-replicated or under-min-ISR partitions above 0; "NotEnoughReplicasException" at acks=all',
      'one broker down, slow or with a full disk',
    ],
    excludes: ['ISR equals replicas everywhere'],
    fixes: ['rollout-restart', 'delete-pod', 'scale'],
  },
  authentication: {
    title: { en: 'The broker refuses the logins', zh: '消息队列认证失败' },
    kinds: ['Queue', 'Secret', 'Deployment'],
    proves: [
      '"SASL authentication failed", "ACCESS_REFUSED - Login was refused", "TopicAuthorizationException"',
    ],
    excludes: ['other clients log in with the same user'],
    fixes: ['patch', 'rollout-restart', 'rollout-undo'],
  },
  'disk-full': {
    title: { en: "A broker's disk is full", zh: '消息队列磁盘写满' },
    kinds: ['Queue', 'PersistentVolumeClaim', 'StatefulSet'],
    proves: [
      '"No space left on device" and offline log directories; RabbitMQ "disk resource limit alarm set"; producers blocked',
    ],
    excludes: ['more than a tenth is free on every broker'],
    fixes: ['patch'],
  },
  other: {
    title: { en: 'The message queue is not well', zh: '其他消息队列问题' },
    kinds: [...carriers],
    proves: [
      'producers or consumers fail at the broker, and no finer cause: no controller, memory alarm, poison message, unroutable',
    ],
    excludes: ['messages flow as before'],
    fixes: ['rollout-restart'],
  },
});
