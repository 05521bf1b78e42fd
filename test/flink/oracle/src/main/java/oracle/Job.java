package oracle;

import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.connector.source.util.ratelimit.RateLimiterStrategy;
import org.apache.flink.configuration.*;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;
import org.apache.flink.core.execution.RecoveryClaimMode;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.runtime.jobgraph.JobGraph;
import org.apache.flink.runtime.jobgraph.SavepointRestoreSettings;
import org.apache.flink.runtime.jobmaster.JobResult;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * A small job on a real cluster inside this process: a source of numbers, whose splits are operator list state, and a
 * count for each key in keyed state, both in two subtasks. The source is slow until the job is restored, so that it is
 * stopped in the middle; after a restore the counts at its end are exact only if both kinds of state came back.
 */
final class Job {
    private static final int PARALLELISM = 2;
    private static final int KEYS = 97;
    private static final long NUMBERS = 97_000;
    private static final double NUMBERS_PER_SECOND = 4000;
    private static final long PATIENCE_SECONDS = 40;
    private static MiniCluster cluster;

    private Job() {}

    static Object savepoint(String directory, String checkpoints) throws Throwable {
        return taken("savepoint of " + directory, storedIn(checkpoints), job ->
                await(cluster().stopWithSavepoint(job.getJobID(), directory, false, SavepointFormatType.CANONICAL)));
    }

    /** Merged files lie beside the directory of the checkpoint, so that its metadata refers to them by absolute paths. */
    static Object checkpoint(String checkpoints) throws Throwable {
        Configuration merged = storedIn(checkpoints);
        merged.set(CheckpointingOptions.FILE_MERGING_ENABLED, true);
        merged.set(CheckpointingOptions.EXTERNALIZED_CHECKPOINT_RETENTION, ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION);
        return taken("checkpoint in " + checkpoints, merged, job -> {
            String pointer = await(cluster().triggerCheckpoint(job.getJobID()));
            await(cluster().cancelJob(job.getJobID()));
            return pointer;
        });
    }

    static Object restore(String pointer) throws Throwable {
        String run = "restore of " + pointer;
        JobGraph job = job(run, new Configuration(), false);
        job.setSavepointRestoreSettings(SavepointRestoreSettings.forPath(pointer, false, RecoveryClaimMode.NO_CLAIM));
        await(cluster().submitJob(job));
        JobResult result = await(cluster().requestJobResult(job.getJobID()));
        if (!result.isSuccess()) throw failureOf(result);
        return Map.of("restored", Counts.restored(run), "atEnd", Counts.now(run));
    }

    static void closeCluster() throws Exception {
        if (cluster != null) cluster.close();
    }

    /** All state goes into files, however small. */
    private static Configuration storedIn(String checkpoints) {
        Configuration settings = new Configuration();
        settings.set(CheckpointingOptions.CHECKPOINT_STORAGE, "filesystem");
        settings.set(CheckpointingOptions.CHECKPOINTS_DIRECTORY, checkpoints);
        settings.set(CheckpointingOptions.FS_SMALL_FILE_THRESHOLD, MemorySize.ZERO);
        return settings;
    }

    private interface Snapshot {
        String take(JobGraph job) throws Exception;
    }

    /** Runs the job until it is in the middle, takes the snapshot and tells where it is and which counts it holds. */
    private static Object taken(String run, Configuration settings, Snapshot snapshot) throws Throwable {
        JobGraph job = job(run, settings, true);
        await(cluster().submitJob(job));
        CompletableFuture<JobResult> end = cluster().requestJobResult(job.getJobID());
        await(CompletableFuture.anyOf(Counts.isInTheMiddle(run), end));
        if (end.isDone()) throw failureOf(end.get());
        String pointer = snapshot.take(job);
        await(end);
        return Map.of("pointer", pointer, "counts", Counts.atSnapshot(run));
    }

    private static <T> T await(CompletableFuture<T> future) throws Exception {
        return future.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    /** The innermost cause: what the file system or a reader said. */
    private static Throwable failureOf(JobResult result) {
        if (result.getSerializedThrowable().isEmpty()) return new IllegalStateException("the job ended early");
        return rootOf(result.getSerializedThrowable().get().deserializeError(Job.class.getClassLoader()));
    }

    private static Throwable rootOf(Throwable thrown) {
        return thrown.getCause() == null ? thrown : rootOf(thrown.getCause());
    }

    private static JobGraph job(String run, Configuration settings, boolean isSlow) {
        StreamExecutionEnvironment environment = new StreamExecutionEnvironment(settings);
        environment.setParallelism(PARALLELISM);
        environment.fromSource(numbers(isSlow), WatermarkStrategy.noWatermarks(), "numbers")
                .uid("numbers")
                .keyBy(number -> "key " + number % KEYS, Types.STRING)
                .transform("counts", Types.VOID, new Counts(run))
                .uid("counts");
        return environment.getStreamGraph().getJobGraph();
    }

    private static DataGeneratorSource<Long> numbers(boolean isSlow) {
        RateLimiterStrategy rate = isSlow ? RateLimiterStrategy.perSecond(NUMBERS_PER_SECOND) : RateLimiterStrategy.noOp();
        return new DataGeneratorSource<>(number -> number, NUMBERS, rate, Types.LONG);
    }

    private static MiniCluster cluster() throws Exception {
        if (cluster != null) return cluster;
        Configuration settings = new Configuration();
        settings.set(JobManagerOptions.BIND_HOST, "localhost");
        settings.set(TaskManagerOptions.BIND_HOST, "localhost");
        settings.set(RestOptions.BIND_ADDRESS, "localhost");
        MiniCluster started = new MiniCluster(new MiniClusterConfiguration.Builder()
                .setConfiguration(settings).withRandomPorts().setNumTaskManagers(1).setNumSlotsPerTaskManager(PARALLELISM).build());
        started.start();
        return cluster = started;
    }
}
