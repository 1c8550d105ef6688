import { describe, expect, it } from 'vitest';
import { meaningOfName, nameWithout, statisticOfName, unitOfName, wordsOf } from './metric-words.ts';

/** Names as the exporters, clouds and conventions have them; what they measure; which way is bad. */
const known: Readonly<Record<string, string>> = {
  node_exporter: `
    node_load1                                   cpu           up
    node_load15                                  cpu           up
    node_cpu_seconds_total                       cpu           up
    node_pressure_cpu_waiting_seconds_total      cpu           up
    node_pressure_memory_stalled_seconds_total   memory        up
    node_pressure_io_waiting_seconds_total       disk-io       up
    node_procs_running                           cpu           up
    node_procs_blocked                           disk-io       up
    node_memory_MemAvailable_bytes               memory        down
    node_memory_MemFree_bytes                    memory        down
    node_memory_SwapFree_bytes                   memory        down
    node_memory_MemTotal_bytes                   other         either
    node_memory_Cached_bytes                     other         either
    node_memory_Buffers_bytes                    other         either
    node_vmstat_pgmajfault                       memory        up
    node_vmstat_oom_kill                         restarts      up
    node_filesystem_avail_bytes                  disk-space    down
    node_filesystem_free_bytes                   disk-space    down
    node_filesystem_files_free                   disk-space    down
    node_filesystem_size_bytes                   other         either
    node_filesystem_readonly                     availability  up
    node_disk_io_time_seconds_total              disk-io       up
    node_disk_io_now                             disk-io       up
    node_disk_written_bytes_total                disk-io       up
    node_disk_read_time_seconds_total            disk-io       up
    node_disk_reads_completed_total              disk-io       up
    node_network_receive_bytes_total             network       either
    node_network_receive_errs_total              packets       up
    node_network_transmit_drop_total             packets       up
    node_network_up                              availability  down
    node_netstat_Tcp_RetransSegs                 packets       up
    node_netstat_Tcp_CurrEstab                   connections   up
    node_netstat_TcpExt_ListenDrops              queue         up
    node_nf_conntrack_entries                    connections   up
    node_nf_conntrack_entries_limit              other         either
    node_filefd_allocated                        descriptors   up
    node_filefd_maximum                          other         either
    node_boot_time_seconds                       other         either
    node_time_seconds                            other         either
    node_entropy_available_bits                  other         either
    node_uname_info                              other         either
    node_sockstat_TCP_alloc                      connections   up
    node_hwmon_temp_celsius                      other         up`,
  cAdvisor: `
    container_cpu_usage_seconds_total            cpu           up
    container_cpu_cfs_throttled_seconds_total    throttling    up
    container_cpu_cfs_throttled_periods_total    throttling    up
    container_cpu_cfs_periods_total              other         either
    container_memory_working_set_bytes           memory        up
    container_memory_rss                         memory        up
    container_memory_max_usage_bytes             memory        up
    container_memory_cache                       other         either
    container_spec_memory_limit_bytes            other         either
    container_spec_cpu_quota                     other         either
    container_oom_events_total                   restarts      up
    container_fs_reads_total                     disk-io       up
    container_fs_usage_bytes                     disk-space    up
    container_fs_limit_bytes                     other         either
    container_network_receive_bytes_total        network       either
    container_network_receive_packets_dropped_total packets    up
    container_network_receive_errors_total       packets       up
    container_start_time_seconds                 other         either
    container_threads                            threads       up
    container_threads_max                        other         either
    container_file_descriptors                   descriptors   up
    machine_cpu_cores                            other         either
    machine_memory_bytes                         other         either`,
  'kube-state-metrics': `
    kube_pod_container_resource_requests         other         either
    kube_pod_container_resource_limits           other         either
    kube_pod_container_resource_requests_cpu_cores other       either
    kube_pod_container_status_restarts_total     restarts      up
    kube_pod_container_status_ready              availability  down
    kube_pod_status_ready                        availability  down
    kube_pod_info                                other         either
    kube_pod_created                             other         either
    kube_deployment_spec_replicas                other         either
    kube_deployment_status_replicas              other         either
    kube_deployment_status_replicas_available    availability  down
    kube_deployment_status_replicas_unavailable  availability  up
    kube_statefulset_replicas                    other         either
    kube_statefulset_status_replicas_ready       availability  down
    kube_daemonset_status_desired_number_scheduled other       either
    kube_daemonset_status_number_unavailable     availability  up
    kube_job_status_failed                       errors        up
    kube_resourcequota_created                   other         either
    kube_node_status_allocatable                 other         either
    kube_node_status_capacity                    other         either`,
  kubelet: `
    kubelet_volume_stats_available_bytes         disk-space    down
    kubelet_volume_stats_used_bytes              disk-space    up
    kubelet_volume_stats_capacity_bytes          other         either
    kubelet_volume_stats_inodes_free             disk-space    down
    kubelet_runtime_operations_errors_total      errors        up
    kubelet_pleg_relist_duration_seconds         latency       up
    kubelet_evictions                            restarts      up`,
  mysqld_exporter: `
    mysql_up                                     availability  down
    mysql_global_status_threads_connected        connections   up
    mysql_global_status_threads_running          threads       up
    mysql_global_variables_max_connections       other         either
    mysql_global_status_max_used_connections     connections   up
    mysql_global_status_queries                  traffic       either
    mysql_global_status_questions                traffic       either
    mysql_global_status_slow_queries             other         up
    mysql_global_status_aborted_connects         errors        up
    mysql_global_status_innodb_row_lock_waits    locks         up
    mysql_global_status_innodb_row_lock_time     locks         up
    mysql_global_status_innodb_buffer_pool_reads disk-io       up
    mysql_global_status_bytes_sent               network       either
    mysql_slave_status_seconds_behind_master     lag           up`,
  postgres_exporter: `
    pg_up                                        availability  down
    pg_stat_activity_count                       connections   up
    pg_settings_max_connections                  other         either
    pg_stat_database_numbackends                 connections   up
    pg_stat_database_xact_commit                 traffic       either
    pg_stat_database_xact_rollback               errors        up
    pg_stat_database_deadlocks                   locks         up
    pg_stat_database_blks_read                   disk-io       up
    pg_stat_database_blks_hit                    cache         down
    pg_stat_database_temp_bytes                  disk-io       up
    pg_locks_count                               locks         up
    pg_stat_activity_max_tx_duration             locks         up
    pg_replication_lag                           lag           up
    pg_database_size_bytes                       disk-space    up
    pg_postmaster_start_time_seconds             other         either`,
  redis_exporter: `
    redis_up                                     availability  down
    redis_memory_used_bytes                      memory        up
    redis_memory_max_bytes                       other         either
    redis_connected_clients                      connections   up
    redis_config_maxclients                      other         either
    redis_blocked_clients                        queue         up
    redis_evicted_keys_total                     cache         up
    redis_keyspace_hits_total                    cache         down
    redis_keyspace_misses_total                  cache         up
    redis_commands_processed_total               traffic       either
    redis_instantaneous_ops_per_sec              traffic       either
    redis_rejected_connections_total             errors        up
    redis_connected_slaves                       availability  down
    redis_master_link_up                         availability  down
    redis_uptime_in_seconds                      other         either`,
  mongodb_exporter: `
    mongodb_up                                   availability  down
    mongodb_connections                          connections   up
    mongodb_ss_opcounters                        traffic       either
    mongodb_mongod_replset_member_replication_lag lag          up
    mongodb_ss_globalLock_currentQueue           queue         up
    mongodb_ss_mem_resident                      memory        up
    mongodb_ss_asserts                           errors        up`,
  Kafka: `
    kafka_brokers                                availability  down
    kafka_consumergroup_lag                      lag           up
    kafka_consumer_fetch_manager_records_lag_max lag           up
    kafka_topic_partition_under_replicated_partition availability up
    kafka_server_replicamanager_underreplicatedpartitions availability up
    kafka_controller_kafkacontroller_offlinepartitionscount availability up
    kafka_server_brokertopicmetrics_messagesin_total traffic   either
    kafka_server_brokertopicmetrics_bytesin_total network      either
    kafka_network_requestchannel_requestqueuesize queue        up
    kafka_server_kafkarequesthandlerpool_requesthandleravgidle_percent threads down
    kafka_topic_partition_current_offset         other         either`,
  RabbitMQ: `
    rabbitmq_queue_messages_ready                queue         up
    rabbitmq_queue_messages_unacked              queue         up
    rabbitmq_queue_messages_published_total      traffic       either
    rabbitmq_queue_messages_redelivered_total    errors        up
    rabbitmq_queue_consumers                     availability  down
    rabbitmq_connections                         connections   up
    rabbitmq_disk_space_available_bytes          disk-space    down
    rabbitmq_disk_space_available_limit_bytes    other         either
    rabbitmq_process_open_fds                    descriptors   up`,
  Elasticsearch: `
    elasticsearch_cluster_health_number_of_nodes availability  down
    elasticsearch_cluster_health_unassigned_shards availability up
    elasticsearch_cluster_health_number_of_pending_tasks queue up
    elasticsearch_jvm_memory_used_bytes          memory        up
    elasticsearch_jvm_memory_max_bytes           other         either
    elasticsearch_jvm_gc_collection_seconds_sum  gc            up
    elasticsearch_thread_pool_queue_count        queue         up
    elasticsearch_thread_pool_rejected_count     errors        up
    elasticsearch_thread_pool_active_count       threads       up
    elasticsearch_filesystem_data_available_bytes disk-space   down
    elasticsearch_breakers_tripped               errors        up`,
  'nginx and HAProxy': `
    nginx_up                                     availability  down
    nginx_connections_active                     connections   up
    nginx_connections_accepted                   traffic       either
    nginx_http_requests_total                    traffic       either
    nginx_ingress_controller_requests            traffic       either
    haproxy_backend_current_queue                queue         up
    haproxy_backend_current_sessions             connections   up
    haproxy_backend_limit_sessions               other         either
    haproxy_backend_http_responses_total         traffic       either
    haproxy_backend_response_errors_total        errors        up
    haproxy_backend_retry_warnings_total         errors        up
    haproxy_backend_active_servers               availability  down
    haproxy_backend_response_time_average_seconds latency      up
    haproxy_server_up                            availability  down`,
  'Envoy, Istio, Linkerd': `
    envoy_cluster_upstream_rq_total              traffic       either
    envoy_cluster_upstream_rq_5xx                errors        up
    envoy_cluster_upstream_rq_time               latency       up
    envoy_cluster_upstream_rq_timeout            errors        up
    envoy_cluster_upstream_rq_retry              errors        up
    envoy_cluster_upstream_rq_pending_active     queue         up
    envoy_cluster_upstream_rq_pending_overflow   errors        up
    envoy_cluster_upstream_cx_active             connections   up
    envoy_cluster_upstream_cx_connect_fail       errors        up
    envoy_cluster_upstream_cx_connect_ms         latency       up
    envoy_cluster_membership_healthy             availability  down
    envoy_cluster_outlier_detection_ejections_active availability up
    envoy_cluster_circuit_breakers_default_cx_open availability up
    envoy_server_live                            availability  down
    istio_requests_total                         traffic       either
    istio_request_duration_milliseconds_p99      latency       up
    istio_request_duration_milliseconds_sum      other         either
    istio_request_duration_milliseconds_count    traffic       either
    istio_request_duration_milliseconds_bucket   other         either
    istio_request_bytes_sum                      network       either
    istio_tcp_received_bytes_total               network       either
    response_latency_ms_p95                      latency       up
    response_total                               traffic       either
    tcp_open_connections                         connections   up`,
  'JVM and Micrometer': `
    jvm_memory_used_bytes                        memory        up
    jvm_memory_max_bytes                         other         either
    jvm_memory_committed_bytes                   memory        up
    jvm_gc_pause_seconds_sum                     gc            up
    jvm_gc_pause_seconds_max                     gc            up
    jvm_threads_live_threads                     threads       up
    jvm_threads_current                          threads       up
    jvm_classes_loaded_classes                   other         either
    http_server_requests_seconds_count           traffic       either
    http_server_requests_seconds_max             latency       up
    http_server_requests_seconds_p95             latency       up
    hikaricp_connections_active                  connections   up
    hikaricp_connections_idle                    connections   down
    hikaricp_connections_pending                 connections   up
    hikaricp_connections_max                     other         either
    hikaricp_connections_timeout_total           errors        up
    hikaricp_connections_acquire_seconds_max     connections   up
    tomcat_threads_busy_threads                  threads       up
    tomcat_threads_config_max_threads            other         either
    executor_queued_tasks                        queue         up
    executor_queue_remaining_tasks               queue         down
    executor_active_threads                      threads       up
    executor_pool_max_threads                    other         either
    process_files_open_files                     descriptors   up
    process_files_max_files                      other         either
    system_cpu_usage                             cpu           up
    system_cpu_count                             other         either
    system_load_average_1m                       cpu           up
    resilience4j_circuitbreaker_failure_rate     errors        up`,
  Go: `
    go_goroutines                                threads       up
    go_threads                                   threads       up
    go_memstats_heap_inuse_bytes                 memory        up
    go_memstats_alloc_bytes                      memory        up
    go_memstats_alloc_bytes_total                other         either
    go_memstats_next_gc_bytes                    other         either
    go_gc_duration_seconds                       gc            up
    go_info                                      other         either
    process_open_fds                             descriptors   up
    process_max_fds                              other         either
    process_resident_memory_bytes                memory        up
    process_cpu_seconds_total                    cpu           up
    process_start_time_seconds                   other         either`,
  'Node.js, Python, .NET': `
    nodejs_eventloop_lag_seconds                 cpu           up
    nodejs_eventloop_lag_p99_seconds             cpu           up
    nodejs_heap_size_used_bytes                  memory        up
    nodejs_external_memory_bytes                 memory        up
    nodejs_active_handles_total                  descriptors   up
    nodejs_active_requests_total                 queue         up
    nodejs_gc_duration_seconds_sum               gc            up
    nodejs_version_info                          other         either
    python_gc_collections_total                  gc            up
    django_http_requests_latency_seconds_by_view_method latency up
    celery_queue_length                          queue         up
    celery_task_failed_total                     errors        up
    celery_task_runtime_seconds                  latency       up
    flask_http_request_duration_seconds          latency       up
    dotnet_gc_heap_size_bytes                    memory        up
    dotnet_threadpool_queue_length               queue         up
    dotnet_threadpool_num_threads                threads       up
    dotnet_exceptions_total                      errors        up
    dotnet_collection_count_total                gc            up
    monitor_lock_contention_count                locks         up
    http_requests_in_progress                    queue         up
    microsoft_aspnetcore_hosting_current_requests queue        up
    kestrel_active_connections                   connections   up`,
  'gRPC, CoreDNS, etcd, API server': `
    grpc_server_started_total                    traffic       either
    grpc_server_handled_total                    traffic       either
    grpc_server_handling_seconds_p99             latency       up
    grpc_server_msg_received_total               traffic       either
    coredns_dns_requests_total                   traffic       either
    coredns_dns_request_duration_seconds         latency       up
    coredns_cache_hits_total                     cache         down
    coredns_cache_misses_total                   cache         up
    coredns_panics_total                         errors        up
    coredns_forward_healthcheck_failures_total   errors        up
    etcd_server_has_leader                       availability  down
    etcd_server_leader_changes_seen_total        availability  up
    etcd_disk_wal_fsync_duration_seconds         disk-io       up
    etcd_disk_backend_commit_duration_seconds    disk-io       up
    etcd_server_proposals_pending                queue         up
    etcd_server_proposals_failed_total           errors        up
    etcd_server_quota_backend_bytes              other         either
    etcd_mvcc_db_total_size_in_bytes             disk-space    up
    etcd_network_peer_round_trip_time_seconds    latency       up
    apiserver_request_total                      traffic       either
    apiserver_request_duration_seconds           latency       up
    apiserver_current_inflight_requests          queue         up
    apiserver_flowcontrol_rejected_requests_total errors       up
    workqueue_depth                              queue         up
    workqueue_queue_duration_seconds             queue         up
    scheduler_pending_pods                       queue         up`,
  blackbox_exporter: `
    up                                           availability  down
    probe_success                                availability  down
    probe_duration_seconds                       latency       up
    probe_dns_lookup_time_seconds                latency       up
    probe_http_status_code                       other         either
    probe_ssl_earliest_cert_expiry               other         down`,
  AWS: `
    CPUUtilization                               cpu           up
    CPUCreditBalance                             cpu           down
    CPUReservation                               other         either
    MemoryUtilization                            memory        up
    FreeableMemory                               memory        down
    SwapUsage                                    memory        up
    JVMMemoryPressure                            memory        up
    FreeStorageSpace                             disk-space    down
    BurstBalance                                 disk-io       down
    EBSIOBalance%                                disk-io       down
    PercentIOLimit                               disk-io       up
    DiskQueueDepth                               queue         up
    VolumeQueueLength                            queue         up
    ReadIOPS                                     disk-io       up
    WriteThroughput                              disk-io       up
    ReadLatency                                  disk-io       up
    CommitLatency                                latency       up
    DatabaseConnections                          connections   up
    ReplicaLag                                   lag           up
    Deadlocks                                    locks         up
    MaximumUsedTransactionIDs                    other         up
    TransactionLogsGeneration                    disk-io       up
    BufferCacheHitRatio                          cache         down
    CacheHits                                    cache         down
    CacheMisses                                  cache         up
    Evictions                                    cache         up
    CurrConnections                              connections   up
    EngineCPUUtilization                         cpu           up
    RequestCount                                 traffic       either
    TargetResponseTime                           latency       up
    HTTPCode_Target_5XX_Count                    errors        up
    HTTPCode_ELB_4XX_Count                       errors        up
    HTTPCode_Target_2XX_Count                    traffic       either
    5XXError                                     errors        up
    HealthyHostCount                             availability  down
    UnHealthyHostCount                           availability  up
    StatusCheckFailed                            errors        up
    RejectedConnectionCount                      errors        up
    ActiveConnectionCount                        connections   up
    NewConnectionCount                           traffic       either
    TargetConnectionErrorCount                   errors        up
    ApproximateAgeOfOldestMessage                lag           up
    ApproximateNumberOfMessagesVisible           queue         up
    ApproximateNumberOfMessagesNotVisible        queue         up
    NumberOfMessagesSent                         traffic       either
    Invocations                                  traffic       either
    Duration                                     latency       up
    Throttles                                    throttling    up
    ReadThrottleEvents                           throttling    up
    ConcurrentExecutions                         queue         up
    IteratorAge                                  lag           up
    DeadLetterErrors                             errors        up
    ConsumedReadCapacityUnits                    traffic       either
    ProvisionedReadCapacityUnits                 other         either
    SuccessfulRequestLatency                     latency       up
    SystemErrors                                 errors        up
    NetworkOut                                   network       either
    PacketsDropCount                             packets       up
    OfflinePartitionsCount                       availability  up
    KafkaDataLogsDiskUsed                        disk-space    up
    HealthCheckStatus                            availability  down`,
  Azure: `
    Percentage CPU                               cpu           up
    Available Memory Bytes                       memory        down
    cpu_percent                                  cpu           up
    storage_percent                              disk-space    up
    connection_failed                            errors        up
    Http5xx                                      errors        up
    HttpResponseTime                             latency       up
    DeadletteredMessages                         errors        up
    ActiveMessages                               queue         up
    ThrottledRequests                            throttling    up
    dtu_consumption_percent                      other         up
    TotalRequests                                traffic       either`,
  'Google Cloud': `
    compute.googleapis.com/instance/cpu/utilization             cpu          up
    cloudsql.googleapis.com/database/disk/utilization           disk-space   up
    cloudsql.googleapis.com/database/memory/utilization         memory       up
    cloudsql.googleapis.com/database/network/connections        connections  up
    cloudsql.googleapis.com/database/replication/replica_lag    lag          up
    pubsub.googleapis.com/subscription/oldest_unacked_message_age lag        up
    pubsub.googleapis.com/subscription/num_undelivered_messages queue        up
    loadbalancing.googleapis.com/https/request_count            traffic      either
    loadbalancing.googleapis.com/https/backend_latencies        latency      up
    run.googleapis.com/request_latencies                        latency      up`,
  OpenTelemetry: `
    http.server.request.duration                 latency       up
    http.server.active_requests                  queue         up
    http.server.request.body.size                network       either
    db.client.operation.duration                 latency       up
    db.client.connection.count                   connections   up
    db.client.connection.idle.max                other         either
    db.client.connection.max                     other         either
    db.client.connection.pending_requests        connections   up
    db.client.connection.wait_time               connections   up
    db.client.connection.timeouts                errors        up
    rpc.server.duration                          latency       up
    process.cpu.utilization                      cpu           up
    process.memory.usage                         memory        up
    system.filesystem.utilization                disk-space    up
    system.disk.io                               disk-io       up
    system.network.io                            network       either
    system.network.dropped                       packets       up
    system.network.errors                        packets       up
    system.paging.faults                         other         either
    jvm.memory.used                              memory        up
    jvm.memory.limit                             other         either
    jvm.gc.duration                              gc            up
    jvm.thread.count                             threads       up
    jvm.cpu.recent_utilization                   cpu           up
    k8s.container.restarts                       restarts      up
    nodejs.eventloop.delay.p99                   cpu           up
    kestrel.queued_requests                      queue         up`,
  'home-made': `
    svc_latency_p99                              latency       up
    svc-cpu                                      cpu           up
    svc_mem                                      memory        up
    svc-latency-90                               latency       up
    p95_ms                                       latency       up
    latency_avg                                  latency       up
    avg_rt                                       latency       up
    error_rate                                   errors        up
    fail_cnt                                     errors        up
    success_rate                                 availability  down
    requests_success_total                       traffic       either
    qps                                          traffic       either
    checkout_rps                                 traffic       either
    disk_usage                                   disk-space    up
    disk_io_util                                 disk-io       up
    io_wait                                      disk-io       up
    queue_len                                    queue         up
    conn_count                                   connections   up
    heap_used_mb                                 memory        up
    gc_time                                      gc            up
    packet_loss                                  packets       up
    cache_hit_ratio                              cache         down
    cache_miss_rate                              cache         up
    error_budget_remaining                       availability  down
    rate_limit_exceeded_total                    errors        up
    cpu_limit                                    other         either
    memory_limit_utilization                     memory        up
    seconds_since_last_backup                    lag           up
    hpa_scale_up_total                           other         either
    colour_of_the_sky                            other         either`,
};

const row = /^(.+?) +(\S+) +(up|down|either)$/;

const table = Object.entries(known).flatMap(([of, lines]) =>
  lines
    .trim()
    .split('\n')
    .map((line) => [of, ...(row.exec(line.trim()) ?? []).slice(1)]),
);

describe('meaningOfName', () => {
  it.each(table)('%s: %s is %s, bad when %s', (_of, name = '', measure, badWhen) => {
    const { measure: read, badWhen: direction } = meaningOfName(name);
    expect([read, direction]).toEqual([measure, badWhen]);
  });

  it('tells the signal with it', () => {
    expect(meaningOfName('FreeStorageSpace').signal).toBe('saturation');
    expect(meaningOfName('dtu_consumption_percent').signal).toBe('saturation');
    expect(meaningOfName('node_netstat_Tcp_RetransSegs').signal).toBe('other');
    expect(meaningOfName('UnHealthyHostCount').signal).toBe('availability');
  });
});

describe('wordsOf', () => {
  it('splits names in any spelling', () => {
    expect(wordsOf('CPUUtilization')).toEqual(['cpu', 'utilization']);
    expect(wordsOf('request_duration_seconds_p90')).toEqual(['request', 'duration', 'seconds', 'p90']);
    expect(wordsOf('HTTPCode_Target_5XX_Count')).toEqual(['http', 'code', 'target', '5xx', 'count']);
    expect(wordsOf('p95latency')).toEqual(['p95', 'latency']);
    expect(wordsOf('Http5xx')).toEqual(['http', '5xx']);
    expect(wordsOf('EBSByteBalance%')).toEqual(['ebs', 'byte', 'balance', '%']);
  });
});

describe('nameWithout', () => {
  it('leaves out whose it is, at either end', () => {
    expect(nameWithout('queue-worker_cpu', 'queue-worker')).toBe('cpu');
    expect(nameWithout('latency_p99_memory_store', 'memory-store')).toBe('latency_p99');
    expect(nameWithout('cache', 'cache')).toBe('cache');
    expect(nameWithout('cache_hits', undefined)).toBe('cache_hits');
  });
});

describe('unitOfName and statisticOfName', () => {
  it.each([
    ['request_duration_seconds_p90', 's', 'p90'],
    ['p95_ms', 'ms', 'p95'],
    ['svc-latency-90', undefined, 'p90'],
    ['error_rate_5xx_ratio', 'ratio', 'ratio'],
    ['requests_per_second', '1/s', 'rate'],
    ['container_cpu_usage_percent', '%', 'value'],
    ['node_filesystem_avail_bytes', 'bytes', 'value'],
    ['FreeStorageSpace', undefined, 'value'],
  ])('%s is in %s, a %s', (name, unit, statistic) => {
    expect(unitOfName(name)).toBe(unit);
    expect(statisticOfName(name)).toBe(statistic);
  });
});
