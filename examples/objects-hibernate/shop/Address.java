package shop;

import jakarta.persistence.Embeddable;

/// Where somebody lives: fields `addressStreet` and `addressCity` of the type that has it.
@Embeddable
public record Address(String street, String city) {}
