package oracle;

import org.apache.flink.runtime.checkpoint.Checkpoints;
import org.apache.flink.runtime.checkpoint.metadata.CheckpointMetadata;
import org.apache.flink.runtime.jobgraph.OperatorID;
import org.apache.flink.runtime.state.KeyGroupRange;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.util.StringUtils;

import java.io.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.*;

/**
 * Reads tab separated commands from standard input and answers each with one line of JSON:
 *
 * <pre>
 * dump FILE                               what Flink's loader sees in a metadata file
 * gen SEED VERSION COUNT DIR              writes generated files of a version and what Flink sees in each
 * rewrite IN OUT                          loads IN and writes it to OUT with Flink's default serializer
 * bench FILE WARM_UP SECONDS ROUNDS       CPU time of Flink's writer and loader on the content of a file
 * operatorOrder ID...                     the order of a hash map that these operator ids were put into
 * keyGroup MAX KEY                        the key group of a string key
 * keyGroupRange MAX PARALLELISM SUBTASK   the key groups of a subtask
 * jobSavepoint DIR CHECKPOINTS            runs a job and stops it with a savepoint: its pointer and the counts it holds
 * jobCheckpoint CHECKPOINTS               runs that job and cancels it after a checkpoint into merged files: likewise
 * jobRestore POINTER                      restores that job and lets it run to its end: the counts restored and in the end
 * </pre>
 */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) throws Exception {
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = in.readLine()) != null; ) out.println(Json.line(answer(line.split("\t", -1))));
        out.flush();
        Job.closeCluster();
    }

    private static Object answer(String[] command) {
        try {
            return run(command);
        } catch (Throwable thrown) {
            return error(thrown);
        }
    }

    private static Object run(String[] command) throws Throwable {
        return switch (command[0]) {
            case "dump" -> Dump.dump(Dump.read(command[1]), command[1]);
            case "gen" -> generate(Long.parseLong(command[1]), Integer.parseInt(command[2]), Integer.parseInt(command[3]), command[4]);
            case "rewrite" -> rewrite(command[1], command[2]);
            case "bench" -> bench(command);
            case "operatorOrder" -> operatorOrder(List.of(command).subList(1, command.length));
            case "keyGroup" -> KeyGroupRangeAssignment.assignToKeyGroup(command[2], Integer.parseInt(command[1]));
            case "keyGroupRange" -> keyGroupRange(command);
            case "jobSavepoint" -> Job.savepoint(command[1], command[2]);
            case "jobCheckpoint" -> Job.checkpoint(command[1]);
            case "jobRestore" -> Job.restore(command[1]);
            default -> throw new IllegalArgumentException("unknown command " + command[0]);
        };
    }

    private static Object bench(String[] command) throws IOException {
        return Bench.run(command[1], Double.parseDouble(command[2]), Double.parseDouble(command[3]), Integer.parseInt(command[4]));
    }

    private static Object generate(long seed, int version, int count, String directory) throws IOException {
        Path folder = Path.of(directory);
        Files.createDirectories(folder);
        for (int i = 0; i < count; i++) {
            CheckpointMetadata metadata = new Gen(seed * 1000003 + i, version, folder.toUri().toString()).next(i);
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            Gen.write(metadata, version, bytes);
            Path file = folder.resolve(i + ".metadata");
            Files.write(file, bytes.toByteArray());
            Files.writeString(folder.resolve(i + ".json"), Json.line(Dump.dump(bytes.toByteArray(), file.toString())));
        }
        return Map.of("files", count);
    }

    private static Object rewrite(String from, String to) throws IOException {
        CheckpointMetadata metadata = Dump.load(Dump.read(from), from).meta();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        Checkpoints.storeCheckpointMetadata(metadata, bytes);
        Files.write(Path.of(to), bytes.toByteArray());
        return Map.of("bytes", bytes.size());
    }

    private static Object operatorOrder(List<String> ids) {
        Map<OperatorID, String> map = new HashMap<>();
        for (String id : ids) map.put(new OperatorID(StringUtils.hexStringToByte(id)), id);
        return new ArrayList<>(map.values());
    }

    private static Object keyGroupRange(String[] command) {
        KeyGroupRange range = KeyGroupRangeAssignment.computeKeyGroupRangeForOperatorIndex(
                Integer.parseInt(command[1]), Integer.parseInt(command[2]), Integer.parseInt(command[3]));
        return List.of(range.getStartKeyGroup(), range.getEndKeyGroup());
    }

    private static Object error(Throwable thrown) {
        Map<String, Object> error = new LinkedHashMap<>();
        error.put("class", thrown.getClass().getName());
        error.put("message", thrown.getMessage());
        return Map.of("error", error);
    }
}
