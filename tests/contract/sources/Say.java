import java.io.FileReader;
import java.util.Properties;
import org.apache.kafka.clients.admin.Admin;

/** Lets Kafka's admin client ask for the nodes once with each properties file, and prints what it reports. */
public class Say {
    public static void main(String[] files) throws Exception {
        for (String file : files) {
            Properties properties = new Properties();
            try (FileReader reader = new FileReader(file)) {
                properties.load(reader);
            }
            System.out.println("=== " + file);
            try (Admin admin = Admin.create(properties)) {
                admin.describeCluster().nodes().get();
                System.out.println("fine");
            } catch (Throwable thrown) {
                for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
                    System.out.println(cause);
                }
            }
            System.out.flush();
        }
    }
}
