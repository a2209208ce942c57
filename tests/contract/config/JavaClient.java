import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.Field;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.Principal;
import java.security.PrivilegedExceptionAction;
import java.security.Security;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509TrustManager;
import javax.security.auth.Subject;
import javax.security.auth.login.AppConfigurationEntry;
import javax.security.auth.x500.X500Principal;
import javax.security.sasl.Sasl;
import javax.security.sasl.SaslClient;
import org.apache.kafka.clients.ClientUtils;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.types.Password;
import org.apache.kafka.common.network.ChannelBuilder;
import org.apache.kafka.common.security.JaasContext;
import org.apache.kafka.common.security.authenticator.LoginManager;
import org.apache.kafka.common.security.authenticator.SaslClientCallbackHandler;
import org.apache.kafka.common.security.auth.SslEngineFactory;
import org.apache.kafka.common.security.scram.ScramLoginModule;
import org.apache.kafka.common.security.scram.internals.ScramSaslClientProvider;
import org.apache.kafka.common.security.ssl.DefaultSslEngineFactory;
import org.apache.kafka.common.security.ssl.SslFactory;
import org.apache.kafka.common.utils.LogContext;
import org.apache.kafka.common.utils.Time;

/**
 * Says what a Java client of Kafka makes of a client.properties file, as far as it goes without a broker.
 *
 * {"store": TYPE, "password": TEXT, "keys": [{"alias", "key", "chain"}...], "trusted": [{"alias", "der"}...]} makes a key store.
 * {"serve": TLS VERSION, "password": TEXT, "keys": BASE64, "trusted": BASE64} answers {"port"}, then who connected, as a broker does.
 *
 * One case a line on stdin and one answer a line on stdout, both JSON: {"file": BASE64, "issuers": [NAME...], "types": [KEY TYPE...]}.
 * "file" goes the way of AdminClient.create: Properties, AdminClientConfig, ChannelBuilder, then the first SASL message. Where
 * "connect" is given, TLS is tried at that port of localhost; where "issuers" is given, the answer tells which key is presented to a broker that asks for certificates of these issuers.
 */
public final class JavaClient {
    private static final String SCRAM_PROVIDER = "SASL/SCRAM Client Provider";
    private static final ObjectMapper JSON = JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

    public static void main(String[] arguments) throws Exception {
        PrintStream out = System.out;
        System.setOut(System.err);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            Map<String, Object> answer = new LinkedHashMap<>();
            JsonNode asked = JSON.readTree(line);
            try {
                if (asked.has("definitions")) {
                    definitions(answer);
                } else if (asked.has("serve")) {
                    serve(asked, answer, out);
                } else if (asked.has("store")) {
                    store(asked, answer);
                } else {
                    client(asked, answer);
                }
                answer.put("verdict", "accepted");
            } catch (Throwable problem) {
                answer.put("verdict", "refused");
                answer.put("reason", reasons(problem));
            }
            out.println(JSON.writeValueAsString(answer));
            out.flush();
        }
    }

    private static void definitions(Map<String, Object> answer) {
        Map<String, Object> types = new TreeMap<>();
        for (ConfigDef.ConfigKey key : AdminClientConfig.configDef().configKeys().values()) {
            String validator = key.validator == null ? "" : key.validator.toString();
            types.put(key.name, List.of(key.type.name(), validator));
        }
        answer.put("types", types);
    }

    private static void store(JsonNode asked, Map<String, Object> answer) throws Exception {
        KeyStore store = KeyStore.getInstance(asked.get("store").asText());
        char[] password = asked.get("password").asText().toCharArray();
        store.load(null, password);
        for (JsonNode key : asked.get("keys")) {
            List<Certificate> chain = new ArrayList<>();
            for (JsonNode der : key.get("chain")) {
                chain.add(certificate(der));
            }
            PKCS8EncodedKeySpec pkcs8 = new PKCS8EncodedKeySpec(Base64.getDecoder().decode(key.get("key").asText()));
            String algorithm = chain.get(0).getPublicKey().getAlgorithm();
            char[] own = key.has("password") ? key.get("password").asText().toCharArray() : password;
            store.setKeyEntry(key.get("alias").asText(), KeyFactory.getInstance(algorithm).generatePrivate(pkcs8), own,
                    chain.toArray(new Certificate[0]));
        }
        for (JsonNode entry : asked.get("trusted")) {
            store.setCertificateEntry(entry.get("alias").asText(), certificate(entry.get("der")));
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        store.store(bytes, password);
        answer.put("bytes", Base64.getEncoder().encodeToString(bytes.toByteArray()));
    }

    private static void serve(JsonNode asked, Map<String, Object> answer, PrintStream out) throws Exception {
        char[] password = asked.get("password").asText().toCharArray();
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(loaded(asked.get("keys"), password), password);
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(loaded(asked.get("trusted"), password));
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        try (SSLServerSocket listener = (SSLServerSocket) context.getServerSocketFactory()
                .createServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            listener.setEnabledProtocols(new String[] {asked.get("serve").asText()});
            listener.setNeedClientAuth(true);
            listener.setSoTimeout(20_000);
            out.println(JSON.writeValueAsString(Map.of("port", listener.getLocalPort())));
            out.flush();
            try (SSLSocket peer = (SSLSocket) listener.accept()) {
                peer.setSoTimeout(20_000);
                peer.startHandshake();
                answer.put("peer", peer.getSession().getPeerPrincipal().getName());
                peer.getOutputStream().write('!');
            }
        }
    }

    private static KeyStore loaded(JsonNode bytes, char[] password) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(new ByteArrayInputStream(Base64.getDecoder().decode(bytes.asText())), password);
        return store;
    }

    private static Certificate certificate(JsonNode der) throws Exception {
        return CertificateFactory.getInstance("X.509")
                .generateCertificate(new ByteArrayInputStream(Base64.getDecoder().decode(der.asText())));
    }

    private static void client(JsonNode asked, Map<String, Object> answer) throws Exception {
        // A login module of SCRAM registers its mechanisms for the rest of the process: each case begins without them.
        Security.removeProvider(SCRAM_PROVIDER);
        answer.put("stage", "properties");
        Properties properties = new Properties();
        properties.load(new ByteArrayInputStream(Base64.getDecoder().decode(asked.get("file").asText())));
        Map<String, String> pairs = new TreeMap<>();
        properties.forEach((key, value) -> pairs.put((String) key, (String) value));
        answer.put("pairs", pairs);

        answer.put("stage", "config");
        AdminClientConfig config = new AdminClientConfig(properties);
        Map<String, Object> values = new TreeMap<>();
        for (String key : List.of(
                "bootstrap.servers", "request.timeout.ms", "client.id", "security.protocol", "sasl.mechanism", "sasl.jaas.config",
                "ssl.endpoint.identification.algorithm", "ssl.enabled.protocols", "ssl.truststore.type", "ssl.truststore.location",
                "ssl.truststore.password", "ssl.keystore.location", "ssl.keystore.password", "ssl.key.password",
                "sasl.kerberos.service.name", "sasl.oauthbearer.token.endpoint.url")) {
            Object value = config.values().get(key);
            values.put(key, value instanceof Password ? ((Password) value).value() : value);
        }
        answer.put("values", values);

        String protocol = config.getString("security.protocol").toUpperCase(Locale.ROOT);
        String mechanism = config.getString("sasl.mechanism");
        boolean passwords = mechanism.toUpperCase(Locale.ROOT).matches("PLAIN|SCRAM-SHA-(256|512)");
        if (protocol.startsWith("SASL")) {
            answer.put("stage", "jaas");
            jaas(config, answer);
        }
        if (protocol.startsWith("SASL") && !passwords) {
            // A login by Kerberos or a token asks somebody else.
            return;
        }
        answer.put("stage", "channel");
        ChannelBuilder builder = ClientUtils.createChannelBuilder(config, Time.SYSTEM, new LogContext());
        try {
            if (protocol.endsWith("SSL")) {
                answer.put("stage", "tls");
                tls((SslFactory) field(builder, "sslFactory"), config, asked, answer);
            }
            if (protocol.startsWith("SASL")) {
                answer.put("stage", "sasl");
                sasl(builder, mechanism, config, answer);
            }
        } finally {
            builder.close();
        }
    }

    private static void jaas(AdminClientConfig config, Map<String, Object> answer) {
        for (AppConfigurationEntry entry : JaasContext.loadClientContext(config.values()).configurationEntries()) {
            if (entry.getLoginModuleName().equals(ScramLoginModule.class.getName())) {
                ScramSaslClientProvider.initialize();
            }
            answer.put("module", entry.getLoginModuleName());
            answer.put("options", new TreeMap<>(new HashMap<>(entry.getOptions())));
        }
    }

    private static void sasl(ChannelBuilder builder, String mechanism, AdminClientConfig config, Map<String, Object> answer)
            throws Exception {
        LoginManager manager = ((Map<String, LoginManager>) field(builder, "loginManagers")).get(mechanism);
        Subject subject = manager.subject();
        answer.put("user", sent(subject.getPublicCredentials(String.class).iterator().next()));
        answer.put("password", sent(subject.getPrivateCredentials(String.class).iterator().next()));
        SaslClientCallbackHandler handler = new SaslClientCallbackHandler();
        handler.configure(config.values(), mechanism, Collections.emptyList());
        byte[] first = Subject.doAs(subject, (PrivilegedExceptionAction<byte[]>) () -> {
            SaslClient client =
                    Sasl.createSaslClient(new String[] {mechanism}, null, "kafka", "localhost", config.values(), handler);
            if (client == null) {
                throw new IllegalArgumentException("no SASL client speaks this mechanism");
            }
            return client.evaluateChallenge(new byte[0]);
        });
        answer.put("first", Base64.getEncoder().encodeToString(first));
    }

    private static void tls(SslFactory factory, AdminClientConfig config, JsonNode asked, Map<String, Object> answer)
            throws Exception {
        SSLEngine engine = factory.createSslEngine("localhost", 9093);
        answer.put("protocols", List.of(engine.getEnabledProtocols()));
        engine.beginHandshake();
        engine.wrap(ByteBuffer.allocate(0), ByteBuffer.allocate(engine.getSession().getPacketBufferSize()));
        SslEngineFactory stores = factory.sslEngineFactory();
        List<String> trusted = new ArrayList<>();
        if (stores.truststore() != null) {
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(stores.truststore());
            for (TrustManager manager : trust.getTrustManagers()) {
                for (X509Certificate certificate : ((X509TrustManager) manager).getAcceptedIssuers()) {
                    trusted.add(digest(certificate));
                }
            }
            Collections.sort(trusted);
            answer.put("trusted", trusted);
            if (trusted.isEmpty()) {
                throw new IllegalArgumentException("the trustAnchors parameter must be non-empty");
            }
        }
        if (asked.has("connect")) {
            connect(stores, config, asked.get("connect").asInt());
        }
        KeyStore keys = stores.keystore();
        if (keys == null) {
            return;
        }
        Password password = config.getPassword("ssl.key.password");
        if (password == null) {
            password = config.getPassword("ssl.keystore.password");
        }
        KeyManagerFactory manager = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        manager.init(keys, password == null ? null : password.value().toCharArray());
        X509ExtendedKeyManager chooser = (X509ExtendedKeyManager) manager.getKeyManagers()[0];
        String[] types = JSON.convertValue(asked.get("types"), String[].class);
        List<Principal> issuers = new ArrayList<>();
        if (asked.has("issuers")) {
            asked.get("issuers").forEach(name -> issuers.add(new X500Principal(Base64.getDecoder().decode(name.asText()))));
        }
        Principal[] wanted = issuers.isEmpty() ? null : issuers.toArray(new Principal[0]);
        String alias = chooser.chooseEngineClientAlias(types == null ? new String[] {"EC", "RSA"} : types, wanted, engine);
        if (alias != null) {
            List<String> chain = new ArrayList<>();
            for (Certificate certificate : chooser.getCertificateChain(alias)) {
                chain.add(digest(certificate));
            }
            answer.put("alias", alias);
            answer.put("chain", chain);
        }
    }

    /** A handshake with localhost by the context and the check of names that Kafka's own engine has. */
    private static void connect(SslEngineFactory stores, AdminClientConfig config, int port) throws Exception {
        SSLContext context = ((DefaultSslEngineFactory) stores).sslContext();
        try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket("localhost", port)) {
            socket.setSoTimeout(20_000);
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm(config.getString("ssl.endpoint.identification.algorithm"));
            socket.setSSLParameters(parameters);
            socket.startHandshake();
        }
    }

    private static String sent(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String digest(Certificate certificate) throws Exception {
        byte[] hash = MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded());
        StringBuilder text = new StringBuilder();
        for (byte value : hash) {
            text.append(String.format("%02x", value));
        }
        return text.toString();
    }

    private static Object field(Object owner, String name) throws Exception {
        Field field = owner.getClass().getDeclaredField(name);
        field.setAccessible(true);
        return field.get(owner);
    }

    private static List<String> reasons(Throwable problem) {
        List<String> reasons = new ArrayList<>();
        for (Throwable at = problem; at != null; at = at.getCause()) {
            reasons.add(at.getClass().getSimpleName() + ": " + at.getMessage());
        }
        return reasons;
    }
}
