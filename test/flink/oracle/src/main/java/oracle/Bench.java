package oracle;

import com.sun.management.OperatingSystemMXBean;
import org.apache.flink.runtime.checkpoint.Checkpoints;
import org.apache.flink.runtime.checkpoint.metadata.CheckpointMetadata;

import java.io.*;
import java.lang.management.ManagementFactory;
import java.util.*;

/** Times Flink's writer and loader, in memory, on the content of one file. */
final class Bench {
    private interface Work { Object run() throws IOException; }

    private static final OperatingSystemMXBean SYSTEM = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    /** Keeps results alive, so that no work is optimized away. */
    static volatile Object kept;

    private Bench() {}

    /** CPU microseconds of the whole process for one serialize and one load, the median of some rounds. */
    static Map<String, Object> run(String path, double warmUpSeconds, double seconds, int rounds) throws IOException {
        byte[] file = Dump.read(path);
        CheckpointMetadata metadata = Dump.load(file, path).meta();
        ByteArrayOutputStream buffer = new ByteArrayOutputStream(file.length + 64);
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("serializeMicros", median(warmUpSeconds, seconds, rounds, () -> {
            buffer.reset();
            Checkpoints.storeCheckpointMetadata(metadata, buffer);
            return buffer;
        }));
        result.put("loadMicros", median(warmUpSeconds, seconds, rounds, () -> Checkpoints.loadCheckpointMetadata(
                new DataInputStream(new ByteArrayInputStream(file)), Bench.class.getClassLoader(), path)));
        result.put("java", System.getProperty("java.vm.name") + " " + System.getProperty("java.version"));
        return result;
    }

    private static double median(double warmUpSeconds, double seconds, int rounds, Work work) throws IOException {
        perRun(warmUpSeconds, work);
        double[] each = new double[rounds];
        for (int i = 0; i < rounds; i++) each[i] = perRun(seconds, work);
        Arrays.sort(each);
        return each[rounds / 2] / 1000;
    }

    /** Clocked by CPU time, so that a busy machine does not shorten the warm-up. */
    private static double perRun(double seconds, Work work) throws IOException {
        long start = SYSTEM.getProcessCpuTime(), stop = start + (long) (seconds * 1e9), runs = 0;
        do {
            kept = work.run();
            runs++;
        } while (SYSTEM.getProcessCpuTime() < stop || runs < 3);
        return (SYSTEM.getProcessCpuTime() - start) / (double) runs;
    }
}
